/* World coordinates, by WCSLIB, which knows every projection and the common
 * distortions of it (SIP, TPV).
 *
 * Only right ascension and declination are told: of a picture whose axes are
 * galactic, say, the columns would mean something else. Axes beyond the first
 * two, of cubes, stay at their first pixel.
 */
#include "worker/sky_places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <wcslib/wcs.h>
#include <wcslib/wcshdr.h>

enum { CARD = 80, AXES_MAX = 6 };

static bool is_equatorial(const struct wcsprm *wcs)
{
    return wcs->naxis >= 2 && wcs->naxis <= AXES_MAX && wcs->lng >= 0 &&
           wcs->lat >= 0 && wcs->lng < 2 && wcs->lat < 2 &&
           strcmp(wcs->lngtyp, "RA") == 0;
}

static void place(struct wcsprm *wcs, job_star *star)
{
    double pixel[AXES_MAX] = { star->x + 1, star->y + 1, 1, 1, 1, 1 };
    double image[AXES_MAX], world[AXES_MAX], phi, theta;
    int failed = 0;

    if (wcsp2s(wcs, 1, wcs->naxis, pixel, image, &phi, &theta, world,
               &failed) != 0 ||
        !isfinite(world[wcs->lng]) || !isfinite(world[wcs->lat]) ||
        fabs(world[wcs->lat]) > 90)
        return;
    star->ra = fmod(world[wcs->lng], 360);
    star->ra += star->ra < 0 ? 360 : 0;
    star->dec = world[wcs->lat];
}

static void place_all(struct wcsprm *wcs, job_star *stars, uint32_t count)
{
    uint32_t i;

    if (wcsset(wcs) != 0 || !is_equatorial(wcs))
        return;
    for (i = 0; i < count; i++)
        place(wcs, &stars[i]);
}

void sky_places_set(const picture *p, job_star *stars, uint32_t count)
{
    int cards = (int)(p->cards_size / CARD), rejected, found = 0;
    struct wcsprm *wcs = NULL;
    char *copy; /* the parser takes it for its own */
    uint32_t i;

    for (i = 0; i < count; i++)
        stars[i].ra = stars[i].dec = NAN;
    if (p->cards == NULL || count == 0)
        return;
    copy = malloc(p->cards_size + 1);
    if (copy == NULL)
        return; /* a list without these columns is a list */
    memcpy(copy, p->cards, p->cards_size);
    copy[p->cards_size] = '\0';
    if (wcspih(copy, cards, WCSHDR_all, 0, &rejected, &found, &wcs) == 0 &&
        found > 0)
        place_all(wcs, stars, count);
    if (wcs != NULL)
        wcsvfree(&found, &wcs);
    free(copy);
}
