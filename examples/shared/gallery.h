/* gallery.h: a picture server on 127.0.0.1, so that the programs that download
 * have something to download without a network. It runs on a thread of its own
 * with a loop of its own, since half of those programs block theirs. */
#ifndef GALLERY_H
#define GALLERY_H

#include <starling/clock.h>

typedef struct gallery gallery;

/* Serve `count` pictures, each `delay` after it was asked for. */
int gallery_open(gallery **out, int count, sl_time delay);
void gallery_close(gallery *gallery);

/* The addresses of the pictures: count of them, lent until the close. */
const char *const *gallery_urls(const gallery *gallery);

/* The address of a list of all of them, as the APOD service writes it. */
const char *gallery_list_url(const gallery *gallery);

#endif
