/* The catalogue reads back as what was measured. */
#include "report/report.h"

#include <locale.h>
#include <math.h>

#include "rows.h"

static const char header[] = "image,x,y,flux,peak,fwhm,a,b,theta,snr,flags\n";

TEST(a_line_a_star_of_each_picture_that_is_done)
{
    const report_item items[] = { { .state = "done", .name = "a.jpg" },
                                  { .state = "failed", .name = "b.jpg" },
                                  { .state = "done", .name = "c.jpg" } };
    const report_star stars[] = { { .x = 0.5,
                                    .y = 10,
                                    .flux = 1234.5f,
                                    .peak = 200,
                                    .fwhm = 2.1f,
                                    .a = 1,
                                    .b = 0.9f,
                                    .theta = -1.5f,
                                    .snr = 33,
                                    .flags = 3 } };
    rows r = { items, 3, stars, 1 };
    report_run run = rows_run(&r);
    char *text = rows_written(report_stars_csv, &run);

    CHECK_EQ(strncmp(text, header, sizeof header - 1), 0);
    CHECK_STR(text + sizeof header - 1,
              "a.jpg,0.5,10,1234.5,200,2.1,1,0.9,-1.5,33,3\n"
              "c.jpg,0.5,10,1234.5,200,2.1,1,0.9,-1.5,33,3\n");
    free(text);
}

TEST(every_number_reads_back_as_itself)
{
    const report_item items[] = { { .state = "done", .name = "a" } };
    report_star star = { .x = 1.0 / 3,
                         .y = 29999.0001,
                         .flux = 1.0f / 3,
                         .peak = 3.4e38f,
                         .fwhm = 1e-30f,
                         .a = 16777217.0f,
                         .b = 0.1f,
                         .theta = 3.1415927f,
                         .snr = 123456.7f };
    rows r = { items, 1, &star, 1 };
    report_run run = rows_run(&r);
    char *text = rows_written(report_stars_csv, &run);
    double x, y, v[7];

    CHECK_EQ(sscanf(text + sizeof header - 1,
                    "a,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,0", &x, &y, &v[0],
                    &v[1], &v[2], &v[3], &v[4], &v[5], &v[6]),
             9);
    CHECK(x == star.x && y == star.y);
    CHECK((float)v[0] == star.flux && (float)v[1] == star.peak);
    CHECK((float)v[2] == star.fwhm && (float)v[3] == star.a);
    CHECK((float)v[4] == star.b && (float)v[5] == star.theta);
    CHECK((float)v[6] == star.snr);
    CHECK(strstr(text, "29999.0001,") != NULL);
    free(text);
}

/* Few machines have a locale with a decimal comma, most can make one. */
static void use_decimal_comma(void)
{
    char command[256];

    if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
        return;
    snprintf(command, sizeof command,
             "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>&1", test_folder());
    if (system(command) != 0 || setenv("LOCPATH", test_folder(), 1) != 0 ||
        setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        test_skip("no locale with a decimal comma");
}

TEST(the_locale_changes_nothing)
{
    const report_item items[] = { { .state = "done", .name = "a" } };
    report_star star = { .x = 1234567.5, .y = 0.25 };
    rows r = { items, 1, &star, 1 };
    report_run run = rows_run(&r);
    char *text;

    use_decimal_comma();
    text = rows_written(report_stars_csv, &run);
    CHECK(strstr(text, "a,1234567.5,0.25,") != NULL);
    free(text);
}

TEST(a_name_cannot_become_a_formula_or_a_second_field)
{
    const report_item items[] = {
        { .state = "done", .name = "=cmd|' /C calc'!A0" },
        { .state = "done", .name = "a,\"b\"\n.jpg" }
    };
    report_star star = { 0 };
    rows r = { items, 2, &star, 1 };
    report_run run = rows_run(&r);
    char *text = rows_written(report_stars_csv, &run);

    CHECK(strstr(text, "\n\"'=cmd|' /C calc'!A0\",0,") != NULL);
    CHECK(strstr(text, "\n\"a,\"\"b\"\" .jpg\",0,") != NULL);
    free(text);
}

TEST(a_measurement_that_is_no_number_is_an_empty_field)
{
    const report_item items[] = { { .state = "done", .name = "a" } };
    report_star star = { .fwhm = 0.0f / 0.0f };
    rows r = { items, 1, &star, 1 };
    report_run run = rows_run(&r);
    char *text = rows_written(report_stars_csv, &run);

    CHECK(strstr(text, "a,0,0,0,0,,0,0,0,0,0\n") != NULL);
    free(text);
}

TEST(a_full_disk_ends_the_writing)
{
    const report_item items[] = { { .state = "done", .name = "a" } };
    static report_star stars[5000];
    rows r = { items, 1, stars, 5000 };
    report_run run = rows_run(&r);
    written w = { .room = 20000 };

    CHECK_EQ(report_stars_csv(&run, &(report_out){ written_more, &w }),
             -ENOSPC);
    CHECK(w.size <= 20000);
    free(w.text);
}

TEST(places_on_the_sky_come_last_where_there_are_some)
{
    const report_item items[] = { { .state = "done", .name = "a.fits" } };
    const report_star stars[] = { { .ra = 83.5, .dec = -5.25 },
                                  { .ra = NAN, .dec = NAN } };
    rows r = { items, 1, stars, 2 };
    report_run run = rows_run(&r);
    char *text;

    run.has_places = 1;
    text = rows_written(report_stars_csv, &run);
    CHECK_STR(text, "image,x,y,flux,peak,fwhm,a,b,theta,snr,flags,ra,dec\n"
                    "a.fits,0,0,0,0,0,0,0,0,0,0,83.5,-5.25\n"
                    "a.fits,0,0,0,0,0,0,0,0,0,0,,\n");
    free(text);
}
