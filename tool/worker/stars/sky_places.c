/* World coordinates, by WCSLIB, which knows every projection and the common
 * distortions of it (SIP, TPV).
 *
 * Right ascension and declination are told: of a picture whose axes are
 * galactic they are computed, of one with other axes the columns stay empty,
 * and so they do where the header contradicts itself. Axes beyond the first
 * two, of cubes, stay at their first pixel.
 */
#include "worker/stars/sky_places.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <wcslib/wcs.h>
#include <wcslib/wcshdr.h>

#define RADIANS (M_PI / 180)

enum { CARD = 80, AXES_MAX = 6 };

/* The galaxy's pole in right ascension and declination, and the galactic
 * longitude of the north pole (IAU 1958, as Hipparcos has it in ICRS). */
static const double pole_ra = 192.85948, pole_dec = 27.12825,
                    north_longitude = 122.93192;

typedef struct place {
    double longitude, latitude;
} place;

static place from_galactic(place p)
{
    double turn = (north_longitude - p.longitude) * RADIANS;
    double b = p.latitude * RADIANS, d = pole_dec * RADIANS;
    double sine = sin(d) * sin(b) + cos(d) * cos(b) * cos(turn);
    double east = cos(b) * sin(turn);
    double south = cos(d) * sin(b) - sin(d) * cos(b) * cos(turn);

    return (place){ pole_ra + atan2(east, south) / RADIANS,
                    atan2(sine, hypot(east, south)) / RADIANS };
}

static bool is_galactic(const struct wcsprm *wcs)
{
    return strcmp(wcs->lngtyp, "GLON") == 0;
}

static bool place_star(struct wcsprm *wcs, job_star *star)
{
    double pixel[AXES_MAX] = { star->x + 1, star->y + 1, 1, 1, 1, 1 };
    double image[AXES_MAX], world[AXES_MAX], phi, theta;
    int failed = 0;
    place p;

    if (wcsp2s(wcs, 1, wcs->naxis, pixel, image, &phi, &theta, world,
               &failed) != 0 ||
        !isfinite(world[wcs->lng]) || !isfinite(world[wcs->lat]) ||
        fabs(world[wcs->lat]) > 90)
        return false;
    p = (place){ world[wcs->lng], world[wcs->lat] };
    if (is_galactic(wcs))
        p = from_galactic(p);
    star->ra = fmod(p.longitude, 360);
    star->ra += star->ra < 0 ? 360 : 0;
    star->dec = p.latitude;
    return true;
}

static enum job_places place_all(struct wcsprm *wcs, job_star *stars,
                                 uint32_t count)
{
    bool any = false;
    uint32_t i;

    if (wcs->lng < 0 || wcs->lat < 0)
        return JOB_PLACES_NONE;
    if (wcs->naxis > AXES_MAX || wcs->lng > 1 || wcs->lat > 1)
        return JOB_PLACES_UNCLEAR;
    if (strcmp(wcs->lngtyp, "RA") != 0 && !is_galactic(wcs))
        return JOB_PLACES_OTHER;
    for (i = 0; i < count; i++)
        any |= place_star(wcs, &stars[i]);
    return any ? JOB_PLACES_GIVEN : JOB_PLACES_UNCLEAR;
}

/* Frames of Hubble's name tables of corrections, of a few hundredths of a
 * pixel, which WCSLIB does not read; without them it reads the rest. */
static bool drop_tables(char *cards, int count)
{
    static const char *const names[] = { "CPDIS", "CQDIS", "DP", "DQ" };
    bool any = false;

    for (int i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            char *card = cards + (size_t)i * CARD;
            size_t length = strlen(names[k]);

            if (strncmp(card, names[k], length) == 0 &&
                strspn(card + length, "0123456789") > 0) {
                memset(card, ' ', CARD);
                any = true;
            }
        }
    return any;
}

/* What the cards say of the first two axes; release with wcsvfree(). */
static struct wcsprm *parse(char *cards, int count, int *found, bool *is_sound)
{
    struct wcsprm *wcs = NULL;
    int rejected;

    *found = 0;
    *is_sound = false;
    if (wcspih(cards, count, WCSHDR_all, 0, &rejected, found, &wcs) != 0 ||
        *found == 0)
        return wcs;
    *is_sound = wcsset(wcs) == 0;
    return wcs;
}

static enum job_places place_by(char *cards, int count, job_star *stars,
                                uint32_t star_count)
{
    enum job_places places = JOB_PLACES_NONE;
    bool is_sound;
    int found;
    struct wcsprm *wcs = parse(cards, count, &found, &is_sound);

    if (found > 0 && !is_sound && drop_tables(cards, count)) {
        wcsvfree(&found, &wcs);
        wcs = parse(cards, count, &found, &is_sound);
    }
    if (found > 0)
        places =
            is_sound ? place_all(wcs, stars, star_count) : JOB_PLACES_UNCLEAR;
    if (wcs != NULL)
        wcsvfree(&found, &wcs);
    return places;
}

enum job_places sky_places_set(const picture *p, job_star *stars,
                               uint32_t count)
{
    enum job_places places;
    char *copy; /* the parser takes it for its own */
    uint32_t i;

    for (i = 0; i < count; i++)
        stars[i].ra = stars[i].dec = NAN;
    if (p->cards == NULL || count == 0)
        return JOB_PLACES_NONE;
    copy = malloc(p->cards_size + 1);
    if (copy == NULL)
        return JOB_PLACES_NONE; /* a list without these columns is a list */
    memcpy(copy, p->cards, p->cards_size);
    copy[p->cards_size] = '\0';
    places = place_by(copy, (int)(p->cards_size / CARD), stars, count);
    free(copy);
    return places;
}
