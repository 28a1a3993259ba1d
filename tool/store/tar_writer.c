/* Tar as libarchive writes it, into a draft. Owners and times are left out: two
 * runs over the same pictures make the same archive.
 */
#include "store/tar_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/archive_library.h"

struct tar_writer {
    const archive_library *library;
    struct archive *tar;
    files_draft draft;
    bool is_dropped; /* what is still to be written does not matter */
    int error; /* first one of the draft: libarchive knows only that it failed
                */
};

static la_ssize_t append(struct archive *tar, void *context, const void *data,
                         size_t size)
{
    tar_writer *writer = context;
    int rc =
        writer->is_dropped ? 0 : files_draft_append(&writer->draft, data, size);

    if (rc == 0)
        return (la_ssize_t)size;
    writer->error = rc;
    writer->library->archive_set_error(tar, -rc, "write");
    return -1;
}

static int check(tar_writer *writer, int code)
{
    int number;

    if (code >= ARCHIVE_WARN)
        return 0;
    number = writer->library->archive_errno(writer->tar);
    return writer->error < 0 ? writer->error : number > 0 ? -number : -EIO;
}

static int begin_tar(tar_writer *writer)
{
    const archive_library *library = archive_library_load();
    int rc;

    if (library == NULL)
        return -ELIBACC;
    writer->library = library;
    writer->tar = library->archive_write_new();
    if (writer->tar == NULL)
        return -ENOMEM;
    rc = check(writer,
               library->archive_write_set_format_pax_restricted(writer->tar));
    return rc < 0 ? rc
                  : check(writer, library->archive_write_open(
                                      writer->tar, writer, NULL, append, NULL));
}

bool tar_writer_is_there(void)
{
    return archive_library_load() != NULL;
}

int tar_writer_open(tar_writer **out, int folder, const char *name)
{
    tar_writer *made = calloc(1, sizeof *made);
    int rc;

    if (made == NULL)
        return -ENOMEM;
    rc = files_draft_open(&made->draft, folder, name);
    if (rc < 0) {
        free(made);
        return rc;
    }
    rc = begin_tar(made);
    if (rc < 0) {
        tar_writer_drop(made);
        return rc;
    }
    *out = made;
    return 0;
}

static int begin_entry(tar_writer *writer, const char *name, size_t size)
{
    const archive_library *library = writer->library;
    struct archive_entry *entry = library->archive_entry_new();
    int rc;

    if (entry == NULL)
        return -ENOMEM;
    library->archive_entry_set_pathname(entry, name);
    library->archive_entry_set_filetype(entry, AE_IFREG);
    library->archive_entry_set_perm(entry, 0644);
    library->archive_entry_set_size(entry, (la_int64_t)size);
    rc = check(writer, library->archive_write_header(writer->tar, entry));
    library->archive_entry_free(entry);
    return rc;
}

static int add_data(tar_writer *writer, const void *data, size_t size)
{
    la_ssize_t n = writer->library->archive_write_data(writer->tar, data, size);

    return n == (la_ssize_t)size ? 0 : check(writer, ARCHIVE_FATAL);
}

int tar_writer_add(tar_writer *writer, const char *name, const void *data,
                   size_t size)
{
    int rc = begin_entry(writer, name, size);

    return rc < 0 ? rc : add_data(writer, data, size);
}

static int copy_file(tar_writer *writer, int fd, const char *name)
{
    char piece[64 << 10];
    struct stat info;
    off_t left;
    int rc;

    if (fstat(fd, &info) < 0)
        return -errno;
    left = info.st_size;
    rc = begin_entry(writer, name, (size_t)left);
    while (rc == 0 && left > 0) {
        ssize_t n = read(fd, piece, sizeof piece);

        if (n <= 0)
            return n < 0 ? -errno : -EIO; /* somebody cut it */
        rc = add_data(writer, piece, (size_t)n);
        left -= n;
    }
    return rc;
}

int tar_writer_add_file(tar_writer *writer, const char *name, int folder,
                        const char *from)
{
    int fd = openat(folder, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int rc = fd < 0 ? -errno : copy_file(writer, fd, name);

    if (fd >= 0)
        close(fd);
    return rc;
}

int tar_writer_keep(tar_writer *writer, const files_how *how,
                    files_stamp *stamp)
{
    int rc = check(writer, writer->library->archive_write_close(writer->tar));

    writer->library->archive_write_free(writer->tar);
    writer->tar = NULL;
    if (rc == 0)
        rc = files_draft_keep(&writer->draft, how, stamp);
    else
        files_draft_drop(&writer->draft);
    free(writer);
    return rc;
}

void tar_writer_drop(tar_writer *writer)
{
    /* Not archive_write_fail(): libarchive 3.6 then forgets its buffer. */
    writer->is_dropped = true;
    if (writer->tar != NULL)
        writer->library->archive_write_free(writer->tar);
    files_draft_drop(&writer->draft);
    free(writer);
}
