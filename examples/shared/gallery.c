/* The picture server of the example programs. */
#include "gallery.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

#include "picture.h"

enum { WIDTH = 640, HEIGHT = 427, STARS = 15, URL_SIZE = 64 };

struct gallery {
    pthread_t thread;
    sem_t ready;
    sl_loop *loop;
    sl_task *task; /* serves */
    int rc, count, port;
    sl_time delay;
    char **urls;
    char list_url[URL_SIZE];
};

static int send_answer(sl_stream *stream, int status, const char *type,
                       const void *body, size_t size)
{
    char head[256];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     status, status == 200 ? "OK" : "Not Found", type, size);
    int rc = sl_stream_write(stream, head, (size_t)n);

    return rc < 0 || size == 0 ? rc : sl_stream_write(stream, body, size);
}

static int send_picture(sl_stream *stream, const gallery *gallery, int number)
{
    picture picture;
    void *jpeg;
    size_t size;
    int rc = sl_sleep(gallery->delay);

    if (rc < 0)
        return rc;
    rc = picture_draw_sky(&picture, WIDTH, HEIGHT, STARS + number % 7,
                          (uint64_t)number);
    if (rc == 0)
        rc = picture_encode(&picture, &jpeg, &size);
    picture_fini(&picture);
    if (rc < 0)
        return rc;
    rc = send_answer(stream, 200, "image/jpeg", jpeg, size);
    free(jpeg);
    return rc;
}

static int send_list(sl_stream *stream, const gallery *gallery)
{
    size_t size = (size_t)gallery->count * 128 + 3, used = 1;
    char *list = malloc(size);
    int rc;

    if (list == NULL)
        return -ENOMEM;
    list[0] = '[';
    for (int i = 0; i < gallery->count; i++)
        used += (size_t)snprintf(list + used, size - used,
                                 "%s{\"media_type\":\"image\",\"url\":\"%s\"}",
                                 i > 0 ? "," : "", gallery->urls[i]);
    list[used++] = ']';
    rc = send_answer(stream, 200, "application/json", list, used);
    free(list);
    return rc;
}

static int answer(sl_stream *stream, const gallery *gallery, const char *asked)
{
    int number;

    if (strncmp(asked, "GET /planetary/apod", 19) == 0)
        return send_list(stream, gallery);
    if (sscanf(asked, "GET /picture_%d.jpg", &number) == 1 && number > 0 &&
        number <= gallery->count)
        return send_picture(stream, gallery, number);
    return send_answer(stream, 404, "text/plain", "", 0);
}

static int attend(sl_stream *stream, void *arg)
{
    char asked[1024] = "", line[1024];
    ssize_t n;
    int rc = 0;

    while (rc == 0 &&
           (n = sl_stream_read_line(stream, line, sizeof line)) >= 0) {
        if (n > 0 && asked[0] == '\0')
            memcpy(asked, line, (size_t)n + 1);
        if (n == 0) { /* the empty line: that was the whole request */
            rc = answer(stream, arg, asked);
            asked[0] = '\0';
        }
    }
    return rc;
}

static int name_pictures(gallery *gallery)
{
    gallery->urls = calloc((size_t)gallery->count, sizeof gallery->urls[0]);
    if (gallery->urls == NULL)
        return -ENOMEM;
    for (int i = 0; i < gallery->count; i++)
        if (asprintf(&gallery->urls[i], "http://127.0.0.1:%d/picture_%d.jpg",
                     gallery->port, i + 1) < 0)
            return -ENOMEM;
    snprintf(gallery->list_url, sizeof gallery->list_url,
             "http://127.0.0.1:%d/planetary/apod", gallery->port);
    return 0;
}

static int serve(void *arg)
{
    gallery *gallery = arg;
    sl_listener *listener;
    int rc = sl_tcp_listen("127.0.0.1", 0, &listener);

    gallery->loop = sl_loop_current();
    gallery->task = sl_self();
    if (rc == 0) {
        gallery->port = sl_listener_port(listener);
        rc = name_pictures(gallery);
    }
    gallery->rc = rc;
    sem_post(&gallery->ready);
    if (rc < 0)
        return rc;
    rc = sl_serve(listener, attend, gallery, NULL);
    sl_listener_close(listener);
    return rc;
}

static void *run(void *arg)
{
    /* How it ended is known already: it was told to. */
    (void)sl_run(serve, arg);
    return NULL;
}

static void stop(void *arg)
{
    gallery *gallery = arg;

    sl_task_cancel(gallery->task, "the gallery closes");
}

static void release(gallery *gallery)
{
    pthread_join(gallery->thread, NULL);
    for (int i = 0; gallery->urls != NULL && i < gallery->count; i++)
        free(gallery->urls[i]);
    free(gallery->urls);
    sem_destroy(&gallery->ready);
    free(gallery);
}

int gallery_open(gallery **out, int count, sl_time delay)
{
    gallery *gallery = calloc(1, sizeof *gallery);
    int rc;

    if (gallery == NULL)
        return -ENOMEM;
    gallery->count = count;
    gallery->delay = delay;
    sem_init(&gallery->ready, 0, 0);
    rc = -pthread_create(&gallery->thread, NULL, run, gallery);
    if (rc < 0) {
        free(gallery);
        return rc;
    }
    sem_wait(&gallery->ready);
    rc = gallery->rc;
    if (rc < 0)
        release(gallery);
    else
        *out = gallery;
    return rc;
}

void gallery_close(gallery *gallery)
{
    if (gallery == NULL)
        return;
    /* It serves until now, so this fails for want of memory only; the join
     * would then never return. */
    if (sl_call_threadsafe(gallery->loop, stop, gallery) < 0)
        abort();
    release(gallery);
}

const char *const *gallery_urls(const gallery *gallery)
{
    return (const char *const *)gallery->urls;
}

const char *gallery_list_url(const gallery *gallery)
{
    return gallery->list_url;
}
