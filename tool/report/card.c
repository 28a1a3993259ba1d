/* A card shows one picture with its marks: what most people open the page for.
 *
 * The full pictures are megabytes each, so the card carries the small preview
 * that came with the result and links to the file beside the page. Previews
 * have a budget for the whole page; the cards beyond it let the browser read
 * the files themselves, when they are scrolled to.
 */
#include "report/card.h"

#include <stdbool.h>
#include <string.h>

#include "report/markup.h"

static bool is_jpeg(const void *data, size_t size)
{
    return size > 3 && memcmp(data, "\xff\xd8\xff", 3) == 0;
}

static void show_picture(page *p, const report_item *item)
{
    bool embed = is_jpeg(item->preview, item->preview_size) &&
                 p->embedded + item->preview_size <= REPORT_EMBEDDED_MAX;
    const char *folder = markup_or(p->run->processed, ".");
    emitter *e = &p->e;

    if (item->marked != NULL) {
        emit_text(e, "<a class=\"sky\" href=\"");
        markup_path(e, folder, item->marked);
        emit_text(e, "\">");
    } else {
        emit_text(e, "<span class=\"sky\">");
    }
    if (embed || item->marked != NULL) {
        emit_text(e, "<img loading=\"lazy\" alt=\"Marked stars in ");
        markup_text(e, item->name);
        emit_text(e, "\" src=\"");
        if (embed) {
            emit_text(e, "data:image/jpeg;base64,");
            emit_base64(e, item->preview, item->preview_size);
            p->embedded += item->preview_size;
        } else {
            markup_path(e, folder, item->marked);
        }
        emit_text(e, "\">");
    }
    emit_text(e, item->marked != NULL ? "</a>" : "</span>");
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
    }
    if (item->stars >= 0 && item->true_stars >= 0)
        show_share(e, item->stars, item->true_stars);
    emit_text(e, "</div></article>\n");
}
