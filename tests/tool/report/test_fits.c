/* The binary table reads back through a library that is not ours. */
#include "report/report.h"

#include <math.h>

#include <fitsio.h>

#include "rows.h"

static const report_item items[] = {
    { .state = "done", .name = "a.fits", .stars = 2 },
    { .state = "failed", .name = "a name that is no row's.jpg" },
    { .state = "done", .name = "a-longer-name.jpg", .stars = 2 }
};
static const report_star stars[] = {
    { 0.5, 10.25, 1234.5f, 200, 2.1f, 1, 0.9f, -1.5f, 33, 3, 359.999, -45.5 },
    { 1023, 7, 12, 3, 2, 1, 1, 0, 5, 0, NAN, NAN },
};

static written write_table(int has_places)
{
    rows r = { items, 3, stars, 2 };
    report_run run = rows_run(&r);
    written w = { .room = (size_t)1 << 30 };

    run.version = "1.0";
    run.has_places = has_places;
    CHECK_EQ(report_stars_fits(&run, &(report_out){ written_more, &w }), 0);
    return w;
}

static fitsfile *open_table(written *w)
{
    fitsfile *file = NULL;
    int status = 0;

    CHECK_EQ(w->size % 2880, 0);
    fits_open_memfile(&file, "stars", READONLY, (void **)&w->text, &w->size, 0,
                      NULL, &status);
    fits_movnam_hdu(file, BINARY_TBL, "STARS", 0, &status);
    CHECK_EQ(status, 0);
    return file;
}

static double read_number(fitsfile *file, const char *name, long row)
{
    int column, status = 0, any;
    double value, undefined = -1e9;

    fits_get_colnum(file, CASESEN, (char *)(uintptr_t)name, &column, &status);
    fits_read_col(file, TDOUBLE, column, row, 1, 1, &undefined, &value, &any,
                  &status);
    CHECK_EQ(status, 0);
    return value;
}

TEST(the_table_has_a_row_a_star)
{
    char name[64] = "", *names[] = { name };
    written w = write_table(1);
    fitsfile *file = open_table(&w);
    int status = 0, any, columns;
    long rows;

    fits_get_num_rows(file, &rows, &status);
    fits_get_num_cols(file, &columns, &status);
    fits_read_col(file, TSTRING, 1, 3, 1, 1, "", names, &any, &status);
    CHECK_EQ(status, 0);
    CHECK_EQ(rows, 4);
    CHECK_EQ(columns, 13);
    CHECK_STR(name, "a-longer-name.jpg");
    CHECK_NEAR(read_number(file, "x", 1), 0.5, 0);
    CHECK_NEAR(read_number(file, "y", 1), 10.25, 0);
    CHECK_NEAR(read_number(file, "flux", 1), 1234.5, 0);
    CHECK_NEAR(read_number(file, "snr", 3), 33, 0);
    CHECK_NEAR(read_number(file, "flags", 3), 3, 0);
    CHECK_NEAR(read_number(file, "ra", 3), 359.999, 1e-12);
    CHECK_NEAR(read_number(file, "dec", 3), -45.5, 0);
    CHECK_NEAR(read_number(file, "ra", 2), -1e9, 0); /* undefined */
    CHECK_NEAR(read_number(file, "x", 4), 1023, 0);
    fits_close_file(file, &status);
    free(w.text);
}

TEST(without_places_there_are_no_columns_for_them)
{
    written w = write_table(0);
    fitsfile *file = open_table(&w);
    int status = 0, columns;

    fits_get_num_cols(file, &columns, &status);
    CHECK_EQ(columns, 11);
    CHECK_NEAR(read_number(file, "flags", 1), 3, 0);
    fits_close_file(file, &status);
    free(w.text);
}
