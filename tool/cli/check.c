/* What no single value shows to be wrong: options that exclude or need each
 * other, and the key that everybody forgets to replace. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/option_table.h"
#include "cli/options.h"

/* Before this day there was no picture of the day. */
#define FIRST_DAY "1995-06-16"

static int fail(options_error *error, const char *text)
{
    snprintf(error->text, sizeof error->text, "%s", text);
    return -EINVAL;
}

/* The service would answer 403 to every request and count each one. Another
 * server may well take it. */
static int check_key(const struct options *options, options_error *error)
{
    const char *place = options_place(options, "api-key");

    if (strcmp(options->api_key, API_KEY_PLACEHOLDER) != 0 ||
        options->base_url != NULL)
        return 0;
    snprintf(
        error->text, sizeof error->text,
        "%s%sthe API key is still the placeholder %s; put your own there "
        "(free at https://api.nasa.gov), or remove it to use " API_KEY_DEMO,
        place ? place : "", place ? ": " : "", API_KEY_PLACEHOLDER);
    return -EINVAL;
}

static int check_days(const struct options *options, options_error *error)
{
    const char *start = options->start_date, *end = options->end_date;
    bool has_count = options_origin(options, "count") == ORIGIN_FLAG;

    if (options->date != NULL && (start != NULL || end != NULL))
        return fail(error, "--date asks for one day, --start-date for several: "
                           "choose one of them");
    if (has_count && (options->date != NULL || start != NULL || end != NULL))
        return fail(error, "--count asks for random days: it does not go with "
                           "--date, --start-date or --end-date");
    if (end != NULL && start == NULL)
        return fail(error, "--end-date wants a --start-date");
    /* Written like this, days compare as texts do. */
    if (start != NULL && end != NULL && strcmp(start, end) > 0)
        return fail(error, "--start-date is after --end-date");
    if ((options->date != NULL && strcmp(options->date, FIRST_DAY) < 0) ||
        (start != NULL && strcmp(start, FIRST_DAY) < 0))
        return fail(error, "the first picture of the day is of " FIRST_DAY);
    return 0;
}

static int check_base_url(const struct options *options, options_error *error)
{
    const char *url = options->base_url;

    if (url != NULL && strncmp(url, "http://", 7) != 0 &&
        strncmp(url, "https://", 8) != 0)
        return fail(error, "--base-url wants a URL that begins with http:// or "
                           "https://");
    return 0;
}

static int check_folders(const struct options *options, options_error *error)
{
    if (options->images_dir != NULL && options->processed_dir != NULL &&
        strcmp(options->images_dir, options->processed_dir) == 0)
        return fail(error, "images_dir and processed_dir are the same folder");
    if (options->dry_run && options->json)
        return fail(error, "--json prints what was done, --dry-run what would "
                           "be: choose one of them");
    if (options->dry_run && options->trace != NULL)
        return fail(error, "a --dry-run has nothing to --trace");
    if (options->dry_run && options_origin(options, "log") == ORIGIN_FLAG)
        return fail(error, "a --dry-run has nothing to --log");
    if (options->fresh && options->resume)
        return fail(error, "--fresh clears what --resume would go on with: "
                           "choose one of them");
    return 0;
}

/* "none" is the last of the choices. */
static int check_operations(const struct options *options, options_error *error)
{
    const int none = 8;

    if ((options->command == COMMAND_STARS ||
         options->command == COMMAND_APOD) &&
        options_origin(options, "format") == ORIGIN_FLAG &&
        options->format != FORMAT_TAR)
        return fail(error, "marked pictures are JPEG: with this command, "
                           "--format is for tar alone");
    if (options->command != COMMAND_RUN && options->command != COMMAND_THUMBS &&
        options->command != COMMAND_COMPARE)
        return 0;
    if (options->command == COMMAND_RUN && options->operations == 0)
        return fail(error, "say what to do with the pictures: --op stars, "
                           "--op thumbs, --op edges, or --op none");
    if ((options->operations & none) != 0 && options->operations != none)
        return fail(error, "--op none does not go with another --op");
    if (options->sizes.count > 0 &&
        options_origin(options, "widths") == ORIGIN_FLAG)
        return fail(error, "--widths and --size both say how large thumbnails "
                           "are: choose one of them");
    if (options->sizes.count == 0 && options->fit != 0)
        return fail(error, "--fit wants a --size to fit into");
    return 0;
}

static bool is_one_of(const char *word, const char *words)
{
    size_t n = strlen(word), length;

    for (; words[0] != '\0'; words += length + (words[length] == '|')) {
        length = strcspn(words, "|");
        if (length == n && strncmp(words, word, n) == 0)
            return true;
    }
    return false;
}

/* Words that are no inputs, such as the shell of `completion`. */
static int check_words(const struct options *options, options_error *error)
{
    const struct command_entry *command = &command_table[options->command];
    int most = options->command == COMMAND_CONFIG ? 2 : 1;

    if (command->words == NULL)
        return 0;
    if (options->input_count >= 1 && options->input_count <= most &&
        is_one_of(options->inputs[0], command->words) &&
        (options->input_count < 2 ||
         command_by_name(options->inputs[1]) != COMMAND_NONE))
        return 0;
    if (options->command == COMMAND_CONFIG && options->input_count == 2 &&
        is_one_of(options->inputs[0], command->words))
        return command_unknown(options->inputs[1], error);
    snprintf(error->text, sizeof error->text, "it is: starling %s %s",
             command->name, command->arguments);
    return -EINVAL;
}

static bool takes_any_input(enum command command)
{
    return ((FOR_LISTS >> command) & 1) != 0;
}

int options_check(const struct options *options, options_error *error)
{
    int rc = check_folders(options, error);

    if (rc == 0 && options->command != COMMAND_NONE &&
        command_table[options->command].takes_run && options->input_count != 1)
        return fail(error, "name one run: the folder that was its --out");
    if (rc == 0 && options->command == COMMAND_APOD)
        rc = check_base_url(options, error);
    if (rc == 0 && options->command == COMMAND_APOD)
        rc = check_key(options, error);
    if (rc == 0 && options->command == COMMAND_APOD)
        rc = check_days(options, error);
    if (rc == 0)
        rc = check_words(options, error);
    if (rc == 0 && options->command == COMMAND_SERVE &&
        options->input_count != 1)
        return fail(error, "name one folder to serve");
    if (rc == 0)
        rc = check_operations(options, error);
    if (rc == 0 && options->command != COMMAND_COMPARE &&
        options->workers != options->workers_from)
        return fail(error, "a range of --workers is for compare: name one "
                           "number");
    if (rc == 0 && takes_any_input(options->command) &&
        options->input_count == 0 && options->urls == NULL)
        return fail(error, "no input: name pictures, folders or URLs, or a "
                           "list with --urls");
    return rc;
}
