/* Boxes 1000 units wide that stretch with the page. */
#include "compare/chart.h"

enum { WIDTH = 1000, STRIP_MOST = 160, LINES_MOST = 400 };

static void put_rect(FILE *page, const char *kind, double x, double y,
                     double width, double height)
{
    fprintf(page,
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
            "height=\"%.2f\"/>",
            kind, x, y, width > 0.6 ? width : 0.6, height);
}

void chart_bar(const contestant *c, double most, FILE *page)
{
    double scale = WIDTH / most, worked = c->median_s * (1 - c->waiting);

    fprintf(page,
            "<svg class=\"flat\" height=\"26\" "
            "viewBox=\"0 0 %d 26\" "
            "preserveAspectRatio=\"none\" aria-hidden=\"true\">",
            WIDTH);
    put_rect(page, "work", 0, 3, worked * scale, 20);
    put_rect(page, "wait", worked * scale, 3, (c->median_s - worked) * scale,
             20);
    put_rect(page, "range", c->least_s * scale, 12,
             (c->most_s - c->least_s) * scale, 2);
    fputs("</svg>", page);
}

static void put_grid(FILE *page, double height)
{
    for (int i = 0; i <= CHART_TICKS; i++)
        put_rect(page, "grid", (double)(WIDTH - 1) * i / CHART_TICKS, 0, 1,
                 height);
}

/* Thousands of pictures would be a grey block: then every so many-th. */
void chart_strip(const contest *contest, const contestant *c, double whole,
                 FILE *page)
{
    int step = (contest->pictures + LINES_MOST - 1) / LINES_MOST;
    int lines = (contest->pictures + step - 1) / step;
    double pitch = lines * 6 <= STRIP_MOST ? 6 : (double)STRIP_MOST / lines;
    double scale = WIDTH / (whole * 1e9), height = pitch * lines;

    fprintf(page,
            "<svg class=\"flat\" height=\"%.0f\" "
            "viewBox=\"0 0 %d %.2f\" "
            "preserveAspectRatio=\"none\" aria-hidden=\"true\">",
            height, WIDTH, height);
    put_grid(page, height);
    for (int line = 0; line < lines; line++) {
        const contest_span *s = &c->typical->spans[line * step];
        double y = pitch * line + pitch * 0.1;

        put_rect(page, "got", (double)s->asked * scale, y,
                 (double)(s->got - s->asked) * scale, pitch * 0.8);
        put_rect(page, "work", (double)s->begun * scale, y,
                 (double)(s->ended - s->begun) * scale, pitch * 0.8);
    }
    fputs("</svg>", page);
}
