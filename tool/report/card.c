/* A card shows one picture with its marks: what most people open the page for.
 *
 * The full pictures are megabytes each, so the card carries the small preview
 * that came with the result and links to the file beside the page. Previews
 * have a budget for the whole page; the cards beyond it let the browser read
 * the files themselves, when they are scrolled to.
 */
#include "report/card.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"

static bool is_jpeg(const void *data, size_t size)
{
    return size > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0;
}

bool card_about_stars(const report_run *run)
{
    return run->operations == NULL || strstr(run->operations, "stars") != NULL;
}

/* Whichever of an item's pictures is the largest thumbnail. */
typedef struct largest {
    long width;
    char name[256];
} largest;

static int take_largest(void *context, const report_file *file)
{
    largest *best = context;
    long width = strncmp(file->role, "thumb-", 6) == 0
                     ? strtol(file->role + 6, NULL, 10)
                     : 0;

    if (width > best->width) {
        best->width = width;
        snprintf(best->name, sizeof best->name, "%s", file->name);
    }
    return 0;
}

/* The picture that says most about the item; "" if there is none. */
static void choose_picture(page *p, const report_item *item, largest *chosen)
{
    const char *name = item->marked != NULL ? item->marked : item->edges;

    *chosen = (largest){ 0 };
    if (name != NULL)
        snprintf(chosen->name, sizeof chosen->name, "%s", name);
    else if (p->run->each_file != NULL && item->thumbs > 0)
        p->run->each_file(p->run->context, item->id, take_largest, chosen);
}

static void show_picture(page *p, const report_item *item)
{
    bool embed = is_jpeg(item->preview, item->preview_size) &&
                 p->embedded + item->preview_size <= REPORT_EMBEDDED_MAX;
    const char *folder = markup_or(p->run->processed, ".");
    emitter *e = &p->e;
    largest chosen;

    choose_picture(p, item, &chosen);
    if (chosen.name[0] != '\0') {
        emit_text(e, chosen.width > 0 ? "<a class=\"sky small\" href=\""
                                      : "<a class=\"sky\" href=\"");
        markup_path(e, folder, chosen.name);
        emit_text(e, "\">");
    } else {
        emit_text(e, "<span class=\"sky\">");
    }
    if (embed || chosen.name[0] != '\0') {
        emit_text(e, "<img loading=\"lazy\" alt=\"");
        emit_text(e, item->marked != NULL  ? "Marked stars in "
                     : item->edges != NULL ? "Edges in "
                                           : "Thumbnail of ");
        markup_text(e, item->name);
        emit_text(e, "\" src=\"");
        if (embed) {
            emit_text(e, "data:image/jpeg;base64,");
            emit_base64(e, item->preview, item->preview_size);
            p->embedded += item->preview_size;
        } else {
            markup_path(e, folder, chosen.name);
        }
        emit_text(e, "\">");
    }
    emit_text(e, chosen.name[0] != '\0' ? "</a>" : "</span>");
}

static int show_made(void *context, const report_file *file)
{
    page *p = context;
    emitter *e = &p->e;
    bool is_thumb = strncmp(file->role, "thumb-", 6) == 0;

    if (!is_thumb && strcmp(file->role, "edges") != 0)
        return 0;
    emit_text(e, "<a href=\"");
    markup_path(e, markup_or(p->run->processed, "."), file->name);
    emit_text(e, "\"><img loading=\"lazy\" alt=\"\" src=\"");
    markup_path(e, markup_or(p->run->processed, "."), file->name);
    emit_text(e, "\"><span>");
    markup_text(e, is_thumb ? file->role + 6 : "edges");
    emit_text(e, "</span></a>");
    return e->error;
}

/* All that was made beside the large picture. */
static void show_strip(page *p, const report_item *item)
{
    if (p->run->each_file == NULL || item->thumbs == 0)
        return;
    emit_text(&p->e, "<div class=\"strip\">");
    p->run->each_file(p->run->context, item->id, show_made, p);
    emit_text(&p->e, "</div>");
}

/* More may be found than are there; the bar is full then. */
static void show_share(emitter *e, int64_t found, int64_t there)
{
    double share = there > 0 ? (double)found / (double)there : 1;

    emit_text(e, "<div class=\"share\"><i style=\"width:");
    emit_fixed(e, share > 1 ? 100 : 100 * share, 1);
    emit_text(e, "%\"></i></div>");
}

static void show_facts(emitter *e, const report_item *item)
{
    emit_text(e, "<small>");
    if (item->title != NULL) {
        markup_text(e, item->name);
        emit_text(e, " · ");
    }
    markup_size(e, item->width, item->height);
    if (item->date != NULL) {
        emit_text(e, " · ");
        markup_text(e, item->date);
    }
    emit_text(e, "</small>");
}

/* Why there are no stars; that there are some speaks for itself. */
static void show_verdict(emitter *e, const report_sky *sky)
{
    if (sky->no_star_field == NULL || sky->no_star_field[0] == '\0')
        return;
    emit_text(e, "<small>no star field: ");
    markup_text(e, sky->no_star_field);
    emit_text(e, "</small>");
}

void card_show(page *p, const report_item *item)
{
    emitter *e = &p->e;

    emit_text(e, "<article class=\"card\">");
    show_picture(p, item);
    emit_text(e, "<div class=\"words\"><h3>");
    markup_text(e, markup_or(item->title, item->name));
    emit_text(e, "</h3>");
    show_facts(e, item);
    if (item->stars >= 0) {
        emit_text(e, "<div class=\"found\"><b>");
        markup_counted(e, item->stars, "star", "stars");
        emit_text(e, "</b>");
        if (item->true_stars >= 0) {
            emit_text(e, "<span>true count ");
            markup_count(e, item->true_stars);
            emit_text(e, "</span>");
        }
        emit_text(e, "</div>");
        show_verdict(e, &item->sky);
    }
    if (item->stars >= 0 && item->true_stars >= 0)
        show_share(e, item->stars, item->true_stars);
    show_strip(p, item);
    emit_text(e, "</div></article>\n");
}
