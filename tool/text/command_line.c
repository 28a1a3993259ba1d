/* A command line for the report and the database: nobody executes it, but
 * somebody will copy it, so it is quoted as a shell wants it.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "text/builder.h"
#include "text/text.h"

enum { WORD_MAX = 2048 };

static bool needs_quotes(const char *word)
{
    if (*word == '\0')
        return true;
    for (const char *s = word; *s != '\0'; s++)
        if (!isalnum((unsigned char)*s) && strchr("-_./:=,@%+", *s) == NULL)
            return true;
    return false;
}

static void add_word(builder *b, const char *word)
{
    bool quoted = needs_quotes(word);

    if (b->length > 0)
        builder_add(b, " ", 1);
    if (quoted)
        builder_add(b, "'", 1);
    for (const char *s = word; *s != '\0'; s++) {
        if (quoted && *s == '\'')
            builder_add(b, "'\\''", 4);
        else
            builder_add(b, s, 1);
    }
    if (quoted)
        builder_add(b, "'", 1);
}

size_t text_command_line(const char *program, int argc, char *const argv[],
                         const text_secrets *secrets, char *out, size_t size)
{
    builder b = builder_in(out, size);
    char word[WORD_MAX];

    add_word(&b, program);
    for (int i = 1; i < argc; i++) {
        bool is_secret = strcmp(argv[i - 1], "--api-key") == 0 ||
                         strcmp(argv[i - 1], "--header") == 0;
        bool is_header = strncmp(argv[i], "--header=", 9) == 0;

        /* --api-key=K needs no case of its own: its name gives it away. */
        text_clean(is_secret   ? "***"
                   : is_header ? "--header=***"
                               : argv[i],
                   secrets, TEXT_UTF8, word, sizeof word);
        add_word(&b, word);
    }
    return builder_finish(&b);
}
