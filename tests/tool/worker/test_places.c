/* From a FITS header and a place in the picture to one on the sky. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "samples.h"
#include "support/test.h"
#include "worker/stars/sky_places.h"

/* A picture of the pole and one across it, whose places are known. */
TEST(stars_of_a_header_with_coordinates_have_places)
{
    static const char *const cards[] = { "BITPIX  =                  -32",
                                         "NAXIS   =                    2",
                                         "NAXIS1  =                  320",
                                         "NAXIS2  =                  240",
                                         "CTYPE1  = 'RA---TAN'",
                                         "CTYPE2  = 'DEC--TAN'",
                                         "CRVAL1  =                 10.0",
                                         "CRVAL2  =                 89.9",
                                         "CRPIX1  =                101.0",
                                         "CRPIX2  =                101.0",
                                         "CD1_1   =                -0.001",
                                         "CD1_2   =                 0.0",
                                         "CD2_1   =                 0.0",
                                         "CD2_2   =                 0.001",
                                         NULL };
    picture p = { 0 };
    job_star stars[] = { { .x = 100, .y = 100 },
                         { .x = 100, .y = 200 },
                         { .x = 100, .y = 250 } };
    sample file = encode_fits(cards, "", 0);

    p.cards = file.data;
    p.cards_size = 2880;
    sky_places_set(&p, stars, 3);
    CHECK_NEAR(stars[0].ra, 10, 1e-9);
    CHECK_NEAR(stars[0].dec, 89.9, 1e-9);
    /* Along the meridian: by the tangent, to the pole and beyond it. */
    CHECK_NEAR(stars[1].dec, 89.9 + atan(0.1 * M_PI / 180) * 180 / M_PI, 1e-9);
    CHECK_NEAR(stars[2].ra, 190, 1e-6);
    CHECK_NEAR(stars[2].dec, 180 - 89.9 - atan(0.15 * M_PI / 180) * 180 / M_PI,
               1e-9);
    p.cards = NULL;
    CHECK_EQ(sky_places_set(&p, stars, 3), JOB_PLACES_NONE);
    CHECK(isnan(stars[0].ra) && isnan(stars[2].dec));
    free(file.data);
}

TEST(a_header_whose_coordinates_make_no_sense_gives_no_places)
{
    static const char *const cards[] = { "CTYPE1  = 'RA---TAN'",
                                         "CTYPE2  = 'DEC--XYZ'",
                                         "CRVAL1  =                 1E999",
                                         "CD1_1   =                  0.0",
                                         "A_ORDER =           2147483647",
                                         "PV1_99  = 'x'",
                                         NULL };
    job_star star = { .x = 1, .y = 1 };
    sample file = encode_fits(cards, "", 0);
    picture p = { .cards = file.data, .cards_size = 2880 };

    CHECK_EQ(sky_places_set(&p, &star, 1), JOB_PLACES_UNCLEAR);
    CHECK(isnan(star.ra) && isnan(star.dec));
    free(file.data);
}

enum { CARDS_MAX = 16 };

/* What all of the headers below have in common. */
static const char *const common[] = {
    "BITPIX  =                   16", "NAXIS   =                    2",
    "NAXIS1  =                  640", "NAXIS2  =                  480",
    "CRPIX1  =                320.5", "CRPIX2  =                240.5",
    "CRVAL1  =                83.82", "CRVAL2  =                -5.39"
};

static enum job_places place_one(const char *const *cards, job_star *star)
{
    const char *all[sizeof common / sizeof *common + CARDS_MAX] = { NULL };
    size_t n = 0;
    enum job_places places;
    picture p = { 0 };
    sample file;

    for (; n < sizeof common / sizeof *common; n++)
        all[n] = common[n];
    while (*cards != NULL)
        all[n++] = *cards++;
    file = encode_fits(all, "", 0);
    p.cards = file.data;
    p.cards_size = file.size;
    *star = (job_star){ .x = 12.25, .y = 200.5 };
    places = sky_places_set(&p, star, 1);
    free(file.data);
    return places;
}

/* What astropy.wcs 5.2 says of this pixel. */
TEST(places_by_projection_are_those_of_astropy)
{
    static const struct {
        const char *projection;
        double ra, dec;
    } known[] = {
        { "TAN", 84.429511494, -5.529138792 },
        { "SIN", 84.429547479, -5.529146986 },
        { "ZEA", 84.429538482, -5.529144937 },
        { "STG", 84.429529485, -5.529142889 },
        { "ARC", 84.429535483, -5.529144255 },
        { "CAR", 84.429534282, -5.529146862 },
        { "AIT", 84.429536348, -5.529146405 },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char first[40], second[40];
        const char *cards[] = { first,
                                second,
                                "CD1_1   =               -0.002",
                                "CD1_2   =               0.0002",
                                "CD2_1   =               0.0002",
                                "CD2_2   =                0.002",
                                NULL };
        job_star star;

        snprintf(first, sizeof first, "CTYPE1  = 'RA---%s'",
                 known[i].projection);
        snprintf(second, sizeof second, "CTYPE2  = 'DEC--%s'",
                 known[i].projection);
        CHECK_EQ(place_one(cards, &star), JOB_PLACES_GIVEN);
        CHECK_NEAR(star.ra, known[i].ra, 1e-8);
        CHECK_NEAR(star.dec, known[i].dec, 1e-8);
    }
}

#define TAN "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'"
#define SCALE "CDELT1  = -0.002", "CDELT2  = 0.002"
#define SIP                                                                    \
    "CTYPE1  = 'RA---TAN-SIP'", "CTYPE2  = 'DEC--TAN-SIP'",                    \
        "CD1_1   = -0.002", "CD1_2   = 0.0", "CD2_1   = 0.0",                  \
        "CD2_2   = 0.002", "A_ORDER = 2", "B_ORDER = 2", "A_2_0   = 1E-5",     \
        "A_1_1   = -1E-5", "B_0_2   = 3E-5"

/* The same for matrices and angles, distortion, and what Hubble adds to that;
 * galactic axes by the poles of Hipparcos, 0.02" from those of astropy. */
TEST(places_by_every_way_to_turn_and_bend_are_those_of_astropy)
{
    static const struct {
        const char *cards[CARDS_MAX];
        double ra, dec, tolerance;
    } known[] = {
        { { TAN, SCALE, "PC1_1   = 0.9", "PC1_2   = -0.4", "PC2_1   = 0.4",
            "PC2_2   = 0.9" },
          84.344425932,
          -5.705759360,
          1e-8 },
        { { TAN, SCALE, "CROTA2  = 33.0" }, 84.380056264, -5.120494266, 1e-8 },
        { { SIP }, 84.435628732, -5.467594974, 1e-8 },
        { { SIP, "CPDIS1  = 'Lookup'", "DP1     = 'EXTVER: 1.0'",
            "DP1     = 'NAXES: 2.0'" },
          84.435628732,
          -5.467594974,
          1e-8 },
        { { "CTYPE1  = 'GLON-TAN'", "CTYPE2  = 'GLAT-TAN'", SCALE },
          318.242753928,
          40.537555947,
          1e-5 },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        job_star star;

        CHECK_EQ(place_one(known[i].cards, &star), JOB_PLACES_GIVEN);
        CHECK_NEAR(star.ra, known[i].ra, known[i].tolerance);
        CHECK_NEAR(star.dec, known[i].dec, known[i].tolerance);
    }
}

TEST(why_there_are_no_places_is_told)
{
    static const struct {
        const char *cards[CARDS_MAX];
        enum job_places places;
    } known[] = {
        { { NULL }, JOB_PLACES_NONE },
        { { "CTYPE1  = 'PIXEL'", "CTYPE2  = 'PIXEL'" }, JOB_PLACES_NONE },
        { { "CTYPE1  = 'ELON-TAN'", "CTYPE2  = 'ELAT-TAN'", SCALE },
          JOB_PLACES_OTHER },
        { { "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--SIN'", SCALE },
          JOB_PLACES_UNCLEAR },
        { { "CTYPE1  = 'RA---XYZ'", "CTYPE2  = 'DEC--XYZ'", SCALE },
          JOB_PLACES_UNCLEAR },
        { { TAN, "CD1_1   = 0.0", "CD1_2   = 0.0", "CD2_1   = 0.0",
            "CD2_2   = 0.0" },
          JOB_PLACES_UNCLEAR },
        { { TAN, SCALE, "WCSAXES = 7" }, JOB_PLACES_UNCLEAR },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        job_star star;

        CHECK_EQ(place_one(known[i].cards, &star), known[i].places);
        CHECK(isnan(star.ra) && isnan(star.dec));
        CHECK(strlen(job_places_reason(known[i].places)) > 0);
    }
}
