/* Promises of lists: every kind, packed or not, from files and pipes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <zlib.h>

#include "source/lists.h"
#include "support/test.h"

static char seen[8192];
static int count;

static void add(const char *name, const char *text)
{
    if (text != NULL)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%s", name,
                 text);
}

static int note(void *context, const input *input)
{
    (void)context;
    count++;
    add("", input->where);
    add(" title=", input->title);
    add(" date=", input->date);
    add(" sum=", input->checksum);
    add(" extra=", input->extra);
    add(" class=", input->class_name);
    add(" problem=", input->problem);
    add("\n", "");
    return 0;
}

static char why[LISTS_WHY_MAX];

static int read_as(const char *name, lists_options options)
{
    seen[0] = '\0';
    count = 0;
    return lists_read(name, &options, note, NULL, why);
}

static int read_list(const char *name)
{
    return read_as(name, (lists_options){ 0 });
}

static void write_list(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
}

/* What is read of a list with that text. */
#define CHECK_READS(name, text, expected)                                      \
    do {                                                                       \
        write_list(name, text);                                                \
        CHECK_EQ(read_list(name), 0);                                          \
        CHECK_STR(seen, expected);                                             \
    } while (0)

/* What is no list, and a word of the reason that is given. */
#define CHECK_REFUSES(name, text, word)                                        \
    do {                                                                       \
        write_list(name, text);                                                \
        CHECK_EQ(read_list(name), -EBADMSG);                                   \
        CHECK(strstr(why, word) != NULL);                                      \
    } while (0)

static void write_packed(const char *name, const char *mode, const char *text)
{
    gzFile file = gzopen(name, mode);

    CHECK(file != NULL);
    CHECK_EQ(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    CHECK_EQ(gzclose(file), Z_OK);
}

static void go_to_a_folder(void)
{
    CHECK_EQ(chdir(test_folder()), 0);
}

TEST(a_text_may_have_comments_blank_lines_crlf_and_a_mark)
{
    go_to_a_folder();
    CHECK_READS("list",
                "\xef\xbb\xbfhttp://a/1.jpg\r\n\r\n# no\n"
                "  http://a/2.jpg  \nhttp://a/3.jpg",
                "http://a/1.jpg\nhttp://a/2.jpg\nhttp://a/3.jpg\n");
    CHECK_EQ(read_list("nothing"), -ENOENT);
    CHECK_EQ(read_list("."), -EISDIR);
    write_list("empty", "");
    CHECK_EQ(read_list("empty"), 0);
    CHECK_EQ(count, 0);
}

TEST(a_table_gives_what_its_headings_say_and_keeps_the_rest)
{
    go_to_a_folder();
    CHECK_READS("t.csv",
                "\xef\xbb\xbfid,URL,Caption,md5,\r\n"
                "7,http://a/1.jpg,\"A \"\"b\"\", c\",00ff,x\r\n"
                "8,,nowhere,,\r\n"
                " ,,,,\r\n"
                "\xe9,http://a/2.jpg,,,\r\n",
                "http://a/1.jpg title=A \"b\", c sum=00ff "
                "extra={\"id\":\"7\"}\n"
                "t.csv:3 class=bad-line problem=no picture is named\n"
                "http://a/2.jpg extra={\"id\":\"?\"}\n");
    write_list("t.tsv", "where\tname\nhttp://a/1.jpg\tx,y\n");
    CHECK_EQ(read_as("t.tsv", (lists_options){ .url_column = "where",
                                               .title_column = "NAME" }),
             0);
    CHECK_STR(seen, "http://a/1.jpg title=x,y\n");
    CHECK_EQ(read_as("t.tsv", (lists_options){ .url_column = "nowhere" }),
             -EBADMSG);
    CHECK(strstr(why, "nowhere") != NULL);
    CHECK_READS("bare.csv", "http://a/1.jpg,x\nhttp://a/2.jpg\n",
                "http://a/1.jpg\nhttp://a/2.jpg\n");
}

TEST(json_lines_keep_their_further_members_as_they_are)
{
    go_to_a_folder();
    CHECK_READS(
        "l.jsonl",
        "{\"url\":\"http://a/s.jpg\",\"hdurl\":\"http://a/1.jpg\","
        "\"title\":\"T\",\"date\":\"2024-01-02\",\"n\":[1,{\"a\":null}]}"
        "\n\n\"http://a/2.jpg\"\n{\"n\":3}\n7\n",
        "http://a/1.jpg title=T date=2024-01-02 extra="
        "{\"url\":\"http://a/s.jpg\",\"n\":[1,{\"a\":null}]}\n"
        "http://a/2.jpg\n"
        "l.jsonl:4 class=bad-line problem=no member that names a "
        "picture\n"
        "l.jsonl:5 class=bad-line problem=no JSON object or "
        "string\n");
}

TEST(what_makes_no_sense_from_the_start_is_no_list)
{
    go_to_a_folder();
    CHECK_REFUSES("l.jsonl", "\n{\"n\":3}\n", "line 2");
    CHECK_REFUSES("t.csv", "url\nhttp://a/1.jpg\n\"http://a/2.jpg\n\n",
                  "line 3");
}

TEST(what_has_no_telling_name_is_known_by_its_first_line)
{
    go_to_a_folder();
    CHECK_READS("l", "  {\"path\":\"http://a/1.jpg\"}\n", "http://a/1.jpg\n");
    CHECK_READS("l", "\"id\",\"url\"\n1,http://a/1.jpg\n",
                "http://a/1.jpg extra={\"id\":\"1\"}\n");
    CHECK_READS("l", "title\turl\r\n1\thttp://a/1.jpg\n",
                "http://a/1.jpg title=1\n");
    CHECK_READS("l", "http://a/url,file.jpg", "http://a/url,file.jpg\n");
    CHECK_EQ(read_as("l", (lists_options){ .kind = LISTS_CSV }), 0);
    CHECK_STR(seen, "http://a/url\n");
}

TEST(a_table_of_a_spreadsheet_may_have_semicolons)
{
    go_to_a_folder();
    CHECK_READS("t.csv",
                "\xef\xbb\xbftitle;url;size\r\n"
                "\"a; b\";http://a/1.jpg;1,5\r\n",
                "http://a/1.jpg title=a; b extra={\"size\":\"1,5\"}\n");
    CHECK_READS("t", "url;note\nhttp://a/1.jpg;x,y\n",
                "http://a/1.jpg extra={\"note\":\"x,y\"}\n");
    CHECK_READS("t.csv", "url\tnote\nhttp://a/1.jpg\tx,y\n",
                "http://a/1.jpg extra={\"note\":\"x,y\"}\n");
    CHECK_READS("t.csv", "name,url\nx;y,http://a/1.jpg\n",
                "http://a/1.jpg extra={\"name\":\"x;y\"}\n");
}

TEST(numbers_that_are_too_large_keep_their_digits)
{
    go_to_a_folder();
    CHECK_READS("l.jsonl",
                "{\"url\":\"http://a/1.jpg\",\"hash\":18446744073709551615,"
                "\"x\":[-1e999,0.1,true,7],\"s\":\"a\\\\\\\" 1e999\"}\n",
                "http://a/1.jpg extra={\"hash\":\"18446744073709551615\","
                "\"x\":[\"-1e999\",0.1,true,7],"
                "\"s\":\"a\\\\\\\" 1e999\"}\n");
}

TEST(what_is_taken_for_a_list_by_mistake_is_told_by_what_it_is)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "[{\"url\":\"http://a/1.jpg\"}]\n", "line 1: a JSON array" },
        { "[\n  {\n", "line 1: a JSON array" },
        { "\x89PNG\r\n\x1a\n", "it is a picture" },
        { "\xff\xd8\xff\xe0", "it is a picture" },
        { "\xff\xfeh", "UTF-16" },
    };

    go_to_a_folder();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_REFUSES("l", cases[i].text, cases[i].words);
    CHECK_READS("l", "[x].jpg\n", "[x].jpg problem=there is no such file\n");
}

TEST(a_checksum_may_stand_behind_a_url)
{
    go_to_a_folder();
    CHECK_READS("l", "http://a/1.jpg#SHA256=ab\nhttp://a/2.jpg#x\n",
                "http://a/1.jpg sum=SHA256=ab\nhttp://a/2.jpg#x\n");
}

TEST(packed_lists_are_unpacked_in_one_piece_or_several)
{
    go_to_a_folder();
    write_packed("t.csv.gz", "w", "n,url\n1,http://a/1.jpg\n");
    write_packed("t.csv.gz", "a", "2,http://a/2.jpg\n");
    CHECK_EQ(read_list("t.csv.gz"), 0);
    CHECK_STR(seen, "http://a/1.jpg extra={\"n\":\"1\"}\n"
                    "http://a/2.jpg extra={\"n\":\"2\"}\n");
    write_packed("bom", "w", "\xef\xbb\xbfhttp://a/1.jpg");
    CHECK_EQ(read_list("bom"), 0);
    CHECK_STR(seen, "http://a/1.jpg\n");
}

TEST(a_packed_list_that_is_cut_is_said_to_be_broken)
{
    go_to_a_folder();
    write_packed("l.gz", "w", "http://a/1.jpg\nhttp://a/2.jpg\n");
    CHECK_EQ(truncate("l.gz", 30), 0);
    CHECK_EQ(read_list("l.gz"), -EBADMSG);
    CHECK(strstr(why, "gzip") != NULL);
}

/* Where lines and blocks meet, none is lost or doubled. */
TEST(a_long_list_comes_through_whole)
{
    char line[512];
    gzFile packed;
    FILE *plain;

    go_to_a_folder();
    plain = fopen("l", "w");
    packed = gzopen("l.gz", "w");
    for (int i = 0; i < 30000; i++) {
        snprintf(line, sizeof line, "http://a/%0*d.jpg\n", 1 + i % 97, i);
        fputs(line, plain);
        gzputs(packed, line);
    }
    fclose(plain);
    gzclose(packed);
    CHECK_EQ(read_list("l"), 0);
    CHECK_EQ(count, 30000);
    CHECK_EQ(read_list("l.gz"), 0);
    CHECK_EQ(count, 30000);
}

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "w");

    CHECK(file != NULL);
    CHECK_EQ(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

TEST(what_holds_zero_bytes_is_no_text)
{
    static const char slip[] = "http://a/1\nhttp://a\0/2\nhttp://a/3\n";

    go_to_a_folder();
    write_bytes("first", slip + 11, sizeof slip - 12);
    CHECK_EQ(read_list("first"), -EBADMSG);
    CHECK(strstr(why, "line 1: it holds a zero byte") != NULL);
    write_bytes("slip", slip, sizeof slip - 1);
    CHECK_EQ(read_list("slip"), 0);
    CHECK_EQ(count, 3); /* the second as an item that fails */
    write_bytes("zero.csv", slip + 11, sizeof slip - 12);
    CHECK_EQ(read_list("zero.csv"), -EBADMSG);
    CHECK(strstr(why, "line 1: it holds a zero byte") != NULL);
}

TEST(a_line_without_an_end_is_refused)
{
    FILE *file;

    go_to_a_folder();
    file = fopen("l", "w");
    for (int i = 0; i < 3 << 20; i++)
        putc('x', file);
    fclose(file);
    CHECK_EQ(read_list("l"), -EBADMSG);
    CHECK(strstr(why, "megabyte") != NULL);
    CHECK_EQ(read_as("l", (lists_options){ .kind = LISTS_CSV }), -EBADMSG);
}

static int ends[2], wake;

/* The reader is about to wait: it must have handed on what there was. */
static void say_more(void *context)
{
    (void)context;
    if (count == 1)
        CHECK_EQ(write(ends[1], "http://a/2.jpg\nhttp://a/3", 25), 25);
    else if (count == 2)
        CHECK_EQ(eventfd_write(wake, 1), 0);
}

TEST(an_endless_list_is_taken_line_by_line_until_it_is_enough)
{
    wake = eventfd(0, 0);
    CHECK_EQ(pipe(ends), 0);
    CHECK_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    CHECK_EQ(write(ends[1], "http://a/1.jpg\n", 15), 15);
    CHECK_EQ(read_as("-", (lists_options){ .wake = wake, .idle = say_more }),
             -ECANCELED);
    CHECK_STR(seen, "http://a/1.jpg\nhttp://a/2.jpg\n");
}
