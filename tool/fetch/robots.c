/* What a server asks programs to keep away from (RFC 9309).
 *
 * Of the file's groups those count that name us, all of them together, or, if
 * none does, those for everybody. Of their rules the one with the longest
 * pattern that fits decides, and of two that are equally long the friendlier
 * one. Patterns and paths are brought into one spelling first: "%7e", "%7E" and
 * "~" are the same.
 */
#include "fetch/robots.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct rule {
    struct rule *next;
    bool allows;
    size_t weight;  /* bytes of the pattern */
    char pattern[]; /* with * and $ */
} rule;

/* A path is compared with every rule that has a * or ends in $, on the loop's
 * thread: a file that is made to take long gets milliseconds. */
enum { WILD_MAX = 5000, PATTERN_MAX = 1000 };

struct robots {
    size_t size;
    rule *wild;   /* looked at one after the other */
    rule **plain; /* the beginnings of paths, sorted, none twice */
    size_t plain_count, plain_longest;
};

static bool is_same(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && strncasecmp(text, word, size) == 0;
}

/* Spelling. */

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at =
        c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static bool is_unreserved(int c)
{
    return c < 128 && (isalnum(c) || strchr("-._~", c) != NULL);
}

/* In one spelling, into `out`, which has room for 3 * size + 1 bytes. */
static size_t normalise(const char *text, size_t size, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < size; i++) {
        int c = (unsigned char)text[i], high = -1, low = -1;

        if (c == '%' && i + 2 < size) {
            high = hex(text[i + 1]);
            low = hex(text[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            c = 16 * high + low;
            i += 2;
        }
        if (c > 0 && c < 127 && c > ' ' && (high < 0 || low < 0)) {
            out[n++] = (char)c;
        } else if (c > 0 && is_unreserved(c)) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        }
    }
    out[n] = '\0';
    return n;
}

/* Reading. */

/* Rules of groups that are for the same programs. */
typedef struct group {
    rule *plain, *wild;
    size_t plain_count, wild_count;
} group;

static bool is_wild(const char *pattern, size_t size)
{
    return memchr(pattern, '*', size) != NULL || pattern[size - 1] == '$';
}

static int add_rule(group *group, bool allows, const char *value, size_t size)
{
    char pattern[3 * PATTERN_MAX + 1];
    size_t weight;
    rule *made, **rules;

    /* "Disallow:" forbids nothing. */
    if (size == 0 || size > PATTERN_MAX)
        return 0;
    weight = normalise(value, size, pattern);
    if (!is_wild(pattern, weight)) {
        rules = &group->plain;
        group->plain_count++;
    } else if (group->wild_count < WILD_MAX) {
        rules = &group->wild;
        group->wild_count++;
    } else {
        return 0;
    }
    made = malloc(sizeof *made + weight + 1);
    if (made == NULL)
        return -1;
    memcpy(made->pattern, pattern, weight + 1);
    made->allows = allows;
    made->weight = weight;
    made->next = *rules;
    *rules = made;
    return 0;
}

/* Which groups the line at hand belongs to. */
typedef struct reading {
    group own, everybodys; /* those that name us, and those for * */
    bool has_own;
    const char *agent;
    size_t agent_size;
    bool in_names; /* the last line named a program */
    bool is_own, is_everybodys;
} reading;

static void read_name(reading *r, const char *value, size_t size)
{
    size_t token = 0;

    if (!r->in_names)
        r->is_own = r->is_everybodys = false;
    r->in_names = true;
    while (token < size && (isalpha((unsigned char)value[token]) ||
                            strchr("-_", value[token]) != NULL))
        token++;
    if (size > 0 && value[0] == '*')
        r->is_everybodys = true;
    else if (token > 0 && token == r->agent_size &&
             strncasecmp(value, r->agent, token) == 0)
        r->has_own = r->is_own = true;
}

static int read_rule(reading *r, bool allows, const char *value, size_t size)
{
    int rc = 0;

    r->in_names = false;
    if (r->is_own)
        rc = add_rule(&r->own, allows, value, size);
    if (r->is_everybodys && rc == 0)
        rc = add_rule(&r->everybodys, allows, value, size);
    return rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && is_blank((*text)[*size - 1]))
        --*size;
    while (*size > 0 && is_blank(**text)) {
        ++*text;
        --*size;
    }
}

static int read_line(reading *r, const char *line, size_t size)
{
    const char *comment = memchr(line, '#', size);
    const char *colon, *value;
    size_t name_size, value_size;

    if (comment != NULL)
        size = (size_t)(comment - line);
    colon = memchr(line, ':', size);
    if (colon == NULL)
        return 0;
    name_size = (size_t)(colon - line);
    value = colon + 1;
    value_size = size - name_size - 1;
    trim(&line, &name_size);
    trim(&value, &value_size);
    if (is_same(line, name_size, "user-agent"))
        read_name(r, value, value_size);
    else if (is_same(line, name_size, "disallow"))
        return read_rule(r, false, value, value_size);
    else if (is_same(line, name_size, "allow"))
        return read_rule(r, true, value, value_size);
    return 0; /* other lines (Sitemap: ...) end no group */
}

static size_t token_size(const char *agent)
{
    size_t size = 0;

    while (isalpha((unsigned char)agent[size]) || agent[size] == '-' ||
           agent[size] == '_')
        size++;
    return size;
}

static int read_lines(reading *r, const char *text, size_t size)
{
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    while (size > 0) {
        size_t line = 0;

        while (line < size && text[line] != '\n' && text[line] != '\r')
            line++;
        if (read_line(r, text, line) < 0)
            return -1;
        line += line < size;
        text += line;
        size -= line;
    }
    return 0;
}

static int compare_rules(const void *a, const void *b)
{
    return strcmp((*(rule *const *)a)->pattern, (*(rule *const *)b)->pattern);
}

/* Of two that are equal the friendlier one counts. */
static void drop_repetitions(robots *robots)
{
    size_t kept = 0;

    for (size_t i = 0; i < robots->plain_count; i++) {
        rule *rule = robots->plain[i];

        if (kept > 0 &&
            strcmp(robots->plain[kept - 1]->pattern, rule->pattern) == 0) {
            robots->plain[kept - 1]->allows |= rule->allows;
            free(rule);
        } else {
            robots->plain[kept++] = rule;
        }
    }
    robots->plain_count = kept;
}

/* Take the group's rules. */
static int arrange(robots *robots, group *group)
{
    if (group->plain_count > 0) {
        robots->plain = malloc(group->plain_count * sizeof(rule *));
        if (robots->plain == NULL)
            return -1;
    }
    for (rule *rule = group->plain; rule != NULL; rule = rule->next)
        robots->plain[robots->plain_count++] = rule;
    group->plain = NULL;
    robots->wild = group->wild;
    group->wild = NULL;
    if (robots->plain_count > 0)
        qsort(robots->plain, robots->plain_count, sizeof(rule *),
              compare_rules);
    drop_repetitions(robots);
    return 0;
}

static void measure(robots *robots)
{
    for (rule *rule = robots->wild; rule != NULL; rule = rule->next)
        robots->size += sizeof *rule + rule->weight;
    for (size_t i = 0; i < robots->plain_count; i++) {
        size_t weight = robots->plain[i]->weight;

        robots->size += sizeof(rule) + sizeof(rule *) + weight;
        if (weight > robots->plain_longest)
            robots->plain_longest = weight;
    }
}

static void free_rules(rule *first)
{
    while (first != NULL) {
        rule *next = first->next;

        free(first);
        first = next;
    }
}

static void group_fini(group *group)
{
    free_rules(group->plain);
    free_rules(group->wild);
}

robots *robots_parse(const char *text, size_t size, const char *agent)
{
    robots *made = calloc(1, sizeof *made);
    reading r = { .agent = agent, .agent_size = token_size(agent) };
    int rc = made != NULL ? read_lines(&r, text, size) : -1;

    if (rc == 0)
        rc = arrange(made, r.has_own ? &r.own : &r.everybodys);
    group_fini(&r.own);
    group_fini(&r.everybodys);
    if (rc < 0) {
        robots_free(made);
        return NULL;
    }
    measure(made);
    return made;
}

void robots_free(robots *robots)
{
    if (robots == NULL)
        return;
    free_rules(robots->wild);
    for (size_t i = 0; i < robots->plain_count; i++)
        free(robots->plain[i]);
    free(robots->plain);
    free(robots);
}

size_t robots_size(const robots *robots)
{
    return robots != NULL ? sizeof *robots + robots->size : 0;
}

/* Matching. */

/* Whether the pattern fits the beginning of `path`. Going back to the last star
 * alone is enough and keeps it from taking exponential time. */
static bool fits(const char *pattern, const char *path)
{
    const char *star = NULL, *retry = path;

    for (;;) {
        if (*pattern == '*') {
            star = pattern++;
            retry = path;
        } else if (*pattern == '\0' ||
                   (pattern[0] == '$' && pattern[1] == '\0' && *path == '\0')) {
            return true;
        } else if (*path != '\0' && *pattern == *path &&
                   !(pattern[0] == '$' && pattern[1] == '\0')) {
            pattern++;
            path++;
        } else if (star != NULL && *retry != '\0') {
            pattern = star + 1;
            path = ++retry;
        } else {
            return false;
        }
    }
}

static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host != NULL ? host + 3 + strcspn(host + 3, "/?#") : url;

    return path;
}

typedef struct beginning {
    const char *text;
    size_t size;
} beginning;

static int compare_beginning(const void *key, const void *element)
{
    const beginning *wanted = key;
    const char *pattern = (*(rule *const *)element)->pattern;
    int order = strncmp(wanted->text, pattern, wanted->size);

    return order != 0 || pattern[wanted->size] == '\0' ? order : -1;
}

/* The longest that the path begins with, or NULL. */
static const rule *find_plain(const robots *robots, const char *path)
{
    beginning wanted = { path, strlen(path) };

    if (wanted.size > robots->plain_longest)
        wanted.size = robots->plain_longest;
    for (; wanted.size > 0 && robots->plain_count > 0; wanted.size--) {
        rule **found = bsearch(&wanted, robots->plain, robots->plain_count,
                               sizeof(rule *), compare_beginning);

        if (found != NULL)
            return *found;
    }
    return NULL;
}

bool robots_allows(const robots *robots, const char *url)
{
    const char *from = path_of(url);
    size_t size = strcspn(from, "#");
    char *path = malloc(3 * size + 3);
    const rule *best;

    if (path == NULL)
        return false;
    path[0] = '/';
    normalise(from, size, from[0] == '/' ? path : path + 1);
    best = find_plain(robots, path);
    for (const rule *rule = robots->wild; rule != NULL; rule = rule->next)
        if (fits(rule->pattern, path) &&
            (best == NULL || rule->weight > best->weight ||
             (rule->weight == best->weight && rule->allows)))
            best = rule;
    if (strcmp(path, "/robots.txt") == 0)
        best = NULL;
    free(path);
    return best == NULL || best->allows;
}

/* The header. */

static const char *refusal(const char *word, size_t size)
{
    static const char *const words[] = { "noai", "noimageai", "noindex",
                                         "noimageindex", "none" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_same(word, size, words[i]))
            return words[i];
    return NULL;
}

/* Directives that have a value of their own, and are no program's name. */
static bool has_value(const char *name, size_t size)
{
    return is_same(name, size, "unavailable_after") ||
           (size > 4 && strncasecmp(name, "max-", 4) == 0);
}

/* "noai, noindex" or "somebody: noai, noindex". */
static const char *read_tag_line(const char *line, size_t size,
                                 const char *agent)
{
    bool is_ours = true;

    while (size > 0) {
        size_t piece = 0, word_size;
        const char *word = line, *colon, *found;

        while (piece < size && line[piece] != ',')
            piece++;
        colon = memchr(line, ':', piece);
        word_size = piece;
        if (colon != NULL) {
            size_t name = (size_t)(colon - line);

            trim(&word, &name);
            if (!has_value(word, name)) {
                is_ours = name == token_size(agent) &&
                          strncasecmp(word, agent, name) == 0;
                word = colon + 1;
                word_size = piece - (size_t)(word - line);
            }
        }
        trim(&word, &word_size);
        found = is_ours ? refusal(word, word_size) : NULL;
        if (found != NULL)
            return found;
        piece += piece < size;
        line += piece;
        size -= piece;
    }
    return NULL;
}

bool robots_tag_allows(const char *tag, const char *agent, const char **word)
{
    *word = NULL;
    while (tag != NULL && *tag != '\0' && *word == NULL) {
        size_t size = strcspn(tag, "\n");

        *word = read_tag_line(tag, size, agent);
        tag += size + (tag[size] == '\n');
    }
    return *word == NULL;
}
