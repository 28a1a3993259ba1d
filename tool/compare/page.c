/* The comparison as a page: one file without scripts or anything from
 * elsewhere. What is drawn are rectangles in boxes without a fixed width; words
 * stand beside them and not in them, so that they keep their size on a phone.
 */
#include "compare/show.h"

#include <string.h>

#include "compare/chart.h"

static const char own_style[] =
    "header .wide{padding-bottom:64px}header p.why{max-width:46em;"
    "font-size:1.08rem;line-height:1.6;color:#dfe4f5}"
    "header p.meta{margin-top:18px;font-size:.88rem}"
    ".races{padding:14px 24px 18px}.race{display:grid;"
    "grid-template:'what bar took'/minmax(7.5em,auto) 1fr 5em;gap:0 16px;"
    "align-items:center;padding:5px 0}"
    ".many .race{grid-template-columns:12.5em 1fr 5em}"
    ".race .what{grid-area:what;font-weight:620;white-space:nowrap}"
    ".race .bar{grid-area:bar;background:none;height:auto;display:block}"
    ".race .took{grid-area:took;font-variant-numeric:tabular-nums;"
    "white-space:nowrap;text-align:right;line-height:1.25}"
    ".race .took small{color:var(--soft);display:block;font-size:.8rem}"
    "svg.flat{display:block;width:100%}"
    ".work{fill:var(--accent)}.wait{fill:var(--fetch);opacity:.55}"
    ".got{fill:var(--fetch)}.range{fill:var(--ink);opacity:.75}"
    ".grid{fill:var(--line)}"
    ".key{display:flex;flex-wrap:wrap;gap:6px 22px;color:var(--soft);"
    "font-size:.86rem;padding:0 24px 20px}"
    ".key i{display:inline-block;width:12px;height:12px;border-radius:3px;"
    "margin-right:7px;vertical-align:-1px}"
    ":root{--fetch:#3d7fd0}@media(prefers-color-scheme:dark){"
    ":root{--fetch:#6ba7f0}}"
    ".strip{padding:18px 24px 6px}.strip+.strip{border-top:1px solid "
    "var(--line)}.strip b{font-weight:620}.strip span{color:var(--soft);"
    "font-size:.88rem;margin-left:.6em}"
    ".strip svg{margin:10px 0 12px}"
    ".ticks{display:flex;justify-content:space-between;color:var(--soft);"
    "font-size:.8rem;padding:0 24px 14px;font-variant-numeric:tabular-nums}"
    "tr.best td{font-weight:650}"
    "@media(max-width:600px){.races,.strip,.ticks,.key{padding-left:16px;"
    "padding-right:16px}.race,.many .race{grid-template:'what took' 'bar bar'"
    "/1fr auto;padding:8px 0}.race .took small{display:inline;"
    "margin-left:.6em}}";

static void put_text(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            fputs("&amp;", page);
        else if (*text == '<')
            fputs("&lt;", page);
        else if (*text == '"')
            fputs("&quot;", page);
        else
            fputc(*text, page);
    }
}

static void put_head(const contest *contest, const char *style, FILE *page)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
          "'none'; style-src 'unsafe-inline'\">"
          "<meta name=\"viewport\" content=\"width=device-width\">"
          "<title>Five ways of doing ",
          page);
    put_text(page, contest->op);
    fprintf(page, " – Starling</title><style>%s%s</style></head>\n<body>\n",
            style, own_style);
}

static void put_header(const contest *contest, FILE *page)
{
    const contestant *best = contest_winner(contest);
    char why[CONTEST_WHY_MAX], name[40];

    contest_name(contest, best, name, sizeof name);
    contest_why(contest, why);
    fputs("<header><div class=\"wide\"><p class=\"brand\">Starling compare</p>"
          "<h1>",
          page);
    put_text(page, name);
    if (best->speedup >= 1.05)
        fprintf(page, ": %.1f times as fast", best->speedup);
    fputs("</h1><p class=\"why\">", page);
    put_text(page, why);
    fprintf(page, "</p><p class=\"meta\">%s · %d picture%s, %.1f MB · ",
            contest->op, contest->pictures, contest->pictures == 1 ? "" : "s",
            (double)contest->bytes / 1e6);
    if (contest->latency >= 0)
        fprintf(page, "answers after %.0f ms · ",
                (double)contest->latency / 1e6);
    put_text(page, contest->machine);
    if (contest->others >= CONTEST_OTHERS_MATTER)
        fprintf(page,
                "<br>Other programs took %.0f\u202f%% of the CPU meanwhile: "
                "measure again in a quiet moment.",
                100 * contest->others);
    fputs("</p></div></header>\n<main class=\"wide\">\n", page);
}

static void put_times(const contest *contest, FILE *page)
{
    double most = 0;

    for (int i = 0; i < contest->count; i++)
        if (contest->list[i].most_s > most)
            most = contest->list[i].most_s;
    fputs("<section><h2>Time for all pictures</h2><p class=\"lead\">The median "
          "of the rounds; the thin line goes from the shortest to the longest."
          "</p><div class=\"sheet\"><div class=\"races",
          page);
    fputs(contest->count > CONTEST_MODES ? " many\">\n" : "\">\n", page);
    for (int i = 0; i < contest->count; i++) {
        const contestant *c = &contest->list[i];
        char name[40];

        contest_name(contest, c, name, sizeof name);
        fprintf(page,
                "<div class=\"race\"><div class=\"what\">%s</div><div "
                "class=\"bar\">",
                name);
        chart_bar(c, most, page);
        fprintf(page,
                "</div><div class=\"took\">%.2f\u202fs<small>%.1f×</small>"
                "</div></div>\n",
                c->median_s, c->speedup);
    }
    fputs("</div><div class=\"key\"><span><i style=\"background:var(--accent)"
          "\"></i>a picture is being worked on</span><span><i style=\""
          "background:var(--fetch);opacity:.55\"></i>only downloads are waited "
          "for</span></div></div></section>\n",
          page);
}

static void put_strips(const contest *contest, FILE *page)
{
    double whole = 0;

    for (int i = 0; i < contest->count; i++)
        if (contest->list[i].median_s > whole)
            whole = contest->list[i].median_s;
    fputs("<section><h2>What happened when</h2><p class=\"lead\">The round of "
          "the median. A line is a picture: blue while it is fetched, gold "
          "while a worker has it; between the two it waits.</p>"
          "<div class=\"sheet\">\n",
          page);
    for (int i = 0; i < contest->count; i++) {
        const contestant *c = &contest->list[i];
        char name[40];

        contest_name(contest, c, name, sizeof name);
        fprintf(page, "<div class=\"strip\"><b>%s</b><span>%s</span>", name,
                contest_shapes[c->mode].words);
        chart_strip(contest, c, whole, page);
        fputs("</div>\n", page);
    }
    fputs("<div class=\"ticks\">", page);
    for (int i = 0; i <= CHART_TICKS; i++)
        fprintf(page, "<span>%.2f\u202fs</span>", whole * i / CHART_TICKS);
    fputs("</div></div></section>\n", page);
}

static void put_figures(const contest *contest, FILE *page)
{
    fputs("<section><h2>Figures</h2><div class=\"sheet\"><table><thead><tr>"
          "<th scope=col>Mode</th><th scope=col class=num>Time</th><th "
          "scope=col class=num>Least … "
          "most</th><th scope=col class=num>Speed-up</th><th scope=col "
          "class=num>CPU time"
          "</th><th scope=col class=num>CPU busy</th><th scope=col "
          "class=num>Memory</th>"
          "</tr></thead><tbody>\n",
          page);
    for (int i = 0; i < contest->count; i++) {
        const contestant *c = &contest->list[i];
        bool best = c == contest_winner(contest);
        char name[40];

        contest_name(contest, c, name, sizeof name);
        fprintf(page,
                "<tr%s><td class=\"name\">%s</td><td class=\"num\">%.2f\u202fs"
                "</td><td class=\"num\">%.2f … %.2f\u202fs</td><td class="
                "\"num\">%.2f×</td><td class=\"num\">%.2f\u202fs</td><td class="
                "\"num\">%.0f\u202f%%</td><td class=\"num\">",
                best ? " class=\"best\"" : "", name, c->median_s, c->least_s,
                c->most_s, c->speedup, c->cpu_s, 100 * c->busy);
        if (c->memory > 0)
            fprintf(page, "%.0f\u202fMiB", (double)c->memory / (1 << 20));
        fputs("</td></tr>\n", page);
    }
    fputs("</tbody></table></div></section>\n", page);
}

static void put_making(const contest *contest, FILE *page)
{
    fprintf(
        page,
        "<section><h2>How it was measured</h2><p class=\"lead\">%d %s "
        "after one that does not count, the modes in another order in each; "
        "workers run before the clock does. All modes gave the same results "
        "to the byte. CPU time is that of all processes without the "
        "server; memory what a mode needs on top, at its peak. No picture "
        "is decoded in the main program: where a mode computes on its own "
        "thread, a worker does it and the thread stands still meanwhile."
        "</p><div class=\"sheet\"><pre>",
        contest->round_count, contest->round_count == 1 ? "round" : "rounds");
    put_text(page, contest->command_line);
    fputs("</pre></div></section></main>\n<footer class=\"wide\">Starling ",
          page);
    put_text(page, contest->version);
    fputs("</footer>\n</body></html>\n", page);
}

void show_page(const contest *contest, const char *style, FILE *page)
{
    put_head(contest, style, page);
    put_header(contest, page);
    put_times(contest, page);
    put_strips(contest, page);
    put_figures(contest, page);
    put_making(contest, page);
}
