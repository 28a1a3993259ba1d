/* report.html: the run for people.
 *
 * One file without scripts that needs nothing else; a policy in its head
 * forbids the browser to fetch anything but the run's own pictures, should an
 * escape ever be missing. The page is written in passes over the items (the
 * pictures, the failures, the skipped, the table), because the database keeps
 * them better than memory would.
 */
#include "report/report.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report/card.h"
#include "report/markup.h"

static bool is_state(const report_item *item, const char *state)
{
    return strcmp(item->state, state) == 0;
}

/* A browser shows a few thousand rows; a million would be a page of hundreds of
 * megabytes that nobody can open. */
enum { SHOWN_MAX = 5000 };

static int64_t count_in(const report_run *run, const char *state)
{
    return state == NULL                  ? run->planned
           : strcmp(state, "done") == 0   ? run->done
           : strcmp(state, "failed") == 0 ? run->failed
                                          : run->skipped;
}

/* Call show() with the items in `state`, the first SHOWN_MAX of them; NULL:
 * with all. */
static int each_item(page *p, const char *state,
                     void (*show)(page *p, const report_item *item))
{
    report_item item = { 0 };
    int shown = 0, rc = 0;

    while (shown < SHOWN_MAX &&
           (rc = p->run->next_item(p->run->context, item.id, &item)) > 0) {
        if (state == NULL || is_state(&item, state)) {
            show(p, &item);
            shown++;
        }
        if (p->e.error < 0)
            return p->e.error;
    }
    return rc < 0 ? rc : 0;
}

static void show_left(page *p, const char *state)
{
    int64_t left = count_in(p->run, state) - SHOWN_MAX;

    if (left <= 0)
        return;
    emit_text(&p->e, "<p class=\"lead\">");
    emit_integer(&p->e, left);
    emit_text(&p->e, " more are in <a href=\"items.csv\">items.csv</a>.</p>");
}

/* A still sky of a few dozen stars; a small generator keeps it the same in
 * every report. */
static void show_sky(emitter *e)
{
    unsigned seed = 20;
    char star[128];

    emit_text(e, "<svg aria-hidden=\"true\" viewBox=\"0 0 1200 300\" "
                 "preserveAspectRatio=\"xMidYMid slice\" fill=\"#fff\">");
    for (int i = 0; i < 110; i++) {
        unsigned draw[4];

        for (int k = 0; k < 4; k++) {
            seed = seed * 1664525u + 1013904223u;
            draw[k] = seed >> 16;
        }
        /* Many faint ones, few bright ones, as in the sky. */
        snprintf(star, sizeof star,
                 "<circle cx=\"%u\" cy=\"%u\" r=\"%u.%u\" opacity=\".%02u\"/>",
                 draw[0] % 1200, draw[1] % 300, draw[2] % 16 == 0 ? 1u : 0u,
                 5 + draw[2] % 5, 18 + draw[3] % 70);
        emit_text(e, star);
    }
    emit_text(e, "</svg>");
}

/* "7 stars in 3 pictures". */
static void show_result(page *p)
{
    if (p->run->done == 0 && p->run->planned > 0) {
        markup_counted(&p->e, p->run->planned, "picture", "pictures");
        emit_text(&p->e, ", none done");
        return;
    }
    if (card_about_stars(p->run)) {
        markup_counted(&p->e, p->run->stars, "star", "stars");
        emit_text(&p->e, " in ");
    }
    markup_counted(&p->e, p->run->done, "picture", "pictures");
}

static void show_head(page *p)
{
    emitter *e = &p->e;

    emit_text(
        e, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
           "'none'; img-src 'self' file: data:; style-src 'unsafe-inline'\">"
           "<meta name=\"viewport\" content=\"width=device-width\">"
           "<meta name=\"referrer\" content=\"no-referrer\">"
           "<title>");
    show_result(p);
    emit_text(e, " – Starling</title><style>");
    emit_text(e, markup_style);
    emit_text(e, "</style></head>\n<body>\n");
}

static void show_header(page *p)
{
    const report_run *run = p->run;
    emitter *e = &p->e;

    emit_text(e, "<header>");
    show_sky(e);
    emit_text(e, "<div class=\"wide\"><p class=\"brand\">Starling</p><h1>");
    show_result(p);
    emit_text(e, "</h1><p>");
    markup_text(e, markup_or(run->command, "run"));
    if (run->started_at != NULL) {
        emit_text(e, " · ");
        markup_time(e, run->started_at);
    }
    emit_text(e, " · ");
    markup_duration(e, run->elapsed_s);
    emit_text(e, "</p></div></header>\n");
}

static void show_tile(emitter *e, const char *kind, int64_t count,
                      const char *words)
{
    emit_text(e, "<div class=\"tile ");
    emit_text(e, kind);
    emit_text(e, "\"><b>");
    markup_count(e, count);
    emit_text(e, "</b><span>");
    emit_text(e, words);
    emit_text(e, "</span></div>");
}

static void show_part(emitter *e, const char *kind, int64_t count,
                      int64_t planned)
{
    if (count <= 0 || planned <= 0)
        return;
    emit_text(e, "<i class=\"");
    emit_text(e, kind);
    emit_text(e, "\" style=\"width:");
    emit_fixed(e, 100.0 * (double)count / (double)planned, 3);
    emit_text(e, "%\"></i>");
}

static void show_totals(page *p)
{
    const report_run *run = p->run;
    emitter *e = &p->e;
    bool as_meant = run->failed > 0 && run->failed == run->expected_failures;

    emit_text(e, "<main class=\"wide\"><div class=\"tiles\">");
    show_tile(e, "planned", run->planned, "planned");
    show_tile(e, "done", run->done, "done");
    show_tile(e, run->failed > 0 ? "failed" : "", run->failed,
              as_meant ? "failed as expected" : "failed");
    show_tile(e, "skipped", run->skipped, "skipped");
    if (card_about_stars(run))
        show_tile(e, "stars", run->stars, "stars found");
    emit_text(e, "<div class=\"tile last\"><b>");
    markup_duration(e, run->elapsed_s);
    emit_text(e, "</b><span>elapsed</span></div><div class=\"bar\">");
    show_part(e, "done", run->done, run->planned);
    show_part(e, "failed", run->failed, run->planned);
    show_part(e, "skipped", run->skipped, run->planned);
    emit_text(e, "</div></div>\n");
}

static void show_failure(page *p, const report_item *item)
{
    emitter *e = &p->e;

    emit_text(e, "<tr><td class=\"name\">");
    markup_text(e, item->name);
    if (item->title != NULL) {
        emit_text(e, "<small>");
        markup_text(e, item->title);
        emit_text(e, "</small>");
    }
    emit_text(e, "</td>");
    if (item->class_name != NULL) {
        emit_text(e, "<td><span class=\"tag\">");
        markup_text(e, item->class_name);
        emit_text(e, "</span></td>");
    }
    emit_text(e, "<td>");
    markup_text(e, markup_or(item->reason, ""));
    emit_text(e, "<small>");
    markup_url(e, markup_or(item->url, ""));
    emit_text(e, "</small></td></tr>\n");
}

static void show_row(page *p, const report_item *item)
{
    emitter *e = &p->e;

    emit_text(e, "<tr><td class=\"name\">");
    markup_text(e, item->name);
    emit_text(e, "<small>");
    markup_url(e, markup_or(item->url, ""));
    emit_text(e, "</small></td><td><span class=\"dot ");
    markup_text(e, item->state);
    emit_text(e, "\"></span>");
    markup_text(e, item->state);
    emit_text(e, "</td><td class=\"num\">");
    markup_size(e, item->width, item->height);
    if (card_about_stars(p->run)) {
        emit_text(e, "</td><td class=\"num\">");
        if (item->stars >= 0)
            markup_count(e, item->stars);
    }
    if (p->run->has_truth) {
        emit_text(e, "</td><td class=\"num\">");
        if (item->true_stars >= 0)
            markup_count(e, item->true_stars);
    }
    emit_text(e, "</td></tr>\n");
}

/* On a phone it is wider than its sheet, which the keyboard must reach then. */
static void start_sheet(emitter *e, const char *title, const char *head)
{
    emit_text(e, "<div class=\"sheet\" tabindex=0 role=region aria-label=\"");
    emit_text(e, title);
    emit_text(e, "\"><table><thead><tr>");
    emit_text(e, head);
}

static void start_table(emitter *e, const char *title, const char *lead,
                        const char *head)
{
    emit_text(e, "<section><h2>");
    emit_text(e, title);
    emit_text(e, "</h2><p class=\"lead\">");
    emit_text(e, lead);
    emit_text(e, "</p>");
    start_sheet(e, title, head);
    emit_text(e, "</tr></thead><tbody>\n");
}

static const char end_of_table[] = "</tbody></table></div></section>\n";

static int show_pictures(page *p)
{
    int rc;

    if (p->run->done <= 0)
        return 0;
    emit_text(&p->e, "<section><h2>Pictures</h2><p class=\"lead\">");
    emit_text(&p->e, card_about_stars(p->run)
                         ? "Each star that was found is marked; a picture "
                           "opens in full size."
                         : "A picture opens in full size.");
    emit_text(&p->e, "</p><div class=\"cards\">\n");
    rc = each_item(p, "done", card_show);
    emit_text(&p->e, "</div>");
    show_left(p, "done");
    emit_text(&p->e, "</section>\n");
    return rc;
}

static const char *about_failures(const report_run *run)
{
    if (run->failed == run->expected_failures)
        return "This run was meant to meet these.";
    return run->done > 0 ? "Each with its reason; the other pictures are whole."
                         : "Each with its reason.";
}

static int show_problems(page *p)
{
    int rc = 0;

    if (p->run->failed > 0) {
        start_table(&p->e, "Failed", about_failures(p->run),
                    "<th scope=col>Picture</th><th scope=col>Kind</th><th "
                    "scope=col>Reason</th>");
        rc = each_item(p, "failed", show_failure);
        emit_text(&p->e, end_of_table);
        show_left(p, "failed");
    }
    if (rc == 0 && p->run->skipped > 0) {
        start_table(&p->e, "Skipped", "Left out by rule, not by failure.",
                    "<th scope=col>Picture</th><th scope=col>Reason</th>");
        rc = each_item(p, "skipped", show_failure);
        emit_text(&p->e, end_of_table);
        show_left(p, "skipped");
    }
    return rc;
}

/* Open when it is short enough to scroll past. */
static int show_all(page *p)
{
    int rc;

    emit_text(&p->e, p->run->planned > 200 ? "<details>" : "<details open>");
    emit_text(&p->e, "<summary><h2>All items</h2></summary>");
    start_sheet(&p->e, "All items",
                "<th scope=col>Picture</th><th scope=col>State</th>"
                "<th scope=col class=num>Size</th>");
    if (card_about_stars(p->run))
        emit_text(&p->e, "<th scope=col class=num>Found</th>");
    if (p->run->has_truth)
        emit_text(&p->e, "<th scope=col class=num>True</th>");
    emit_text(&p->e, "</tr></thead><tbody>\n");
    rc = each_item(p, NULL, show_row);
    emit_text(&p->e, "</tbody></table></div>");
    show_left(p, NULL);
    emit_text(&p->e, "</details>\n");
    return rc;
}

static void show_making(page *p)
{
    const report_run *run = p->run;
    emitter *e = &p->e;

    emit_text(e, "<section><h2>How it was made</h2><p class=\"lead\">"
                 "Started ");
    markup_time(e, markup_or(run->started_at, "an unknown day"));
    if (run->finished_at != NULL) {
        emit_text(e, ", finished ");
        markup_time(e, run->finished_at);
    }
    emit_text(e, ".</p><div class=\"sheet\"><pre>");
    markup_text(e, markup_or(run->command_line, "starling"));
    emit_text(e, "</pre></div></section></main>\n<footer class=\"wide\">");
    if (card_about_stars(run))
        emit_text(e, "<a href=\"./stars.csv\">stars.csv</a>"
                     "<a href=\"./stars.fits\">stars.fits</a>");
    emit_text(e, "<a href=\"./items.csv\">items.csv</a>"
                 "<a href=\"./summary.json\">summary.json</a>"
                 "<a href=\"./run.db\">run.db</a>Starling ");
    markup_text(e, markup_or(run->version, ""));
    emit_text(e, "</footer>\n</body></html>\n");
}

int report_html(const report_run *run, const report_out *out)
{
    page p = { .run = run };
    int rc;

    emit_start(&p.e, out);
    show_head(&p);
    show_header(&p);
    show_totals(&p);
    rc = show_pictures(&p);
    if (rc == 0)
        rc = show_problems(&p);
    if (rc == 0)
        rc = show_all(&p);
    if (rc < 0)
        return rc;
    show_making(&p);
    return emit_end(&p.e);
}
