/* A deadline around several calls, and a goodbye that it does not cut off.
 *
 * The server is in the same program, answers the first line, and then takes
 * longer than its guest can wait.
 */
#include <stdio.h>
#include <string.h>

#include <starling.h>

static int say(sl_stream *stream, const char *line)
{
    return sl_stream_write(stream, line, strlen(line));
}

static int talk(sl_stream *stream)
{
    char line[128];
    int rc = say(stream, "HELLO\n");

    if (rc == 0)
        rc = (int)sl_stream_read_line(stream, line, sizeof line);
    if (rc >= 0)
        rc = say(stream, "WORK\n");
    if (rc >= 0)
        rc = (int)sl_stream_read_line(stream, line, sizeof line);
    return rc < 0 ? rc : 0;
}

static int session(void *arg)
{
    sl_stream *stream = arg;
    sl_scope limit, goodbye;
    int rc;

    sl_timeout_open(&limit, SL_MS(200)); /* one limit for all of it */
    rc = sl_scope_close(&limit, talk(stream));

    /* Also when somebody wants this task to stop, but not for ever. */
    sl_shield_open(&goodbye, SL_MS(500));
    if (say(stream, "BYE\n") < 0)
        puts("guest: left without a word");
    sl_scope_close(&goodbye, 0);
    sl_stream_close(stream);
    if (rc == SL_ETIMEDOUT) /* only if it was this limit that ended it */
        puts("guest: it took too long");
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

/* Answer the first line only. */
static int host(void *arg)
{
    sl_stream *stream = arg;
    char line[128];
    int lines = 0;
    ssize_t rc;

    while ((rc = sl_stream_read_line(stream, line, sizeof line)) > 0) {
        printf("host: heard %s\n", line);
        if (lines++ == 0 && say(stream, "WELCOME\n") < 0)
            break;
    }
    sl_stream_close(stream);
    return 0; /* how a guest leaves is no failure of the host */
}

static int app(void *unused)
{
    sl_stream *ours, *theirs;
    sl_group group;
    int rc = sl_stream_pair(&ours, &theirs);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_group_open(&group);
    sl_group_spawn(&group, host, theirs);
    sl_group_spawn(&group, session, ours);
    return sl_group_close(&group);
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
