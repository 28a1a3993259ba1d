/* Wait for whichever of two channels has something first, but not for ever. */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

static int first_of(sl_channel *news, sl_channel *mail, int *value)
{
    const sl_channel_case cases[] = { { SL_CASE_RECV, news, value },
                                      { SL_CASE_RECV, mail, value } };
    sl_scope limit;

    sl_timeout_open(&limit, SL_MS(100));
    /* 0, 1, or SL_ETIMEDOUT if neither has anything to say in time. */
    return sl_scope_close(&limit, sl_channel_select(2, cases));
}

struct write_later_args {
    sl_channel *channel;
    int value;
    sl_time delay;
};

static int write_later(void *arg)
{
    struct write_later_args *args = arg;
    int rc = sl_sleep(args->delay);

    return rc < 0 ? rc : sl_channel_send(args->channel, &args->value);
}

static int read_all(sl_channel *news, sl_channel *mail)
{
    static const char *const names[] = { "news", "mail" };
    int value, which;

    while ((which = first_of(news, mail, &value)) >= 0)
        printf("%s: %d\n", names[which], value);
    puts(which == SL_ETIMEDOUT ? "silence" : sl_strerror(which));
    return which == SL_ETIMEDOUT ? 0 : which;
}

static int app(void *unused)
{
    sl_channel *news = sl_channel_new(sizeof(int), 0);
    sl_channel *mail = sl_channel_new(sizeof(int), 0);
    sl_group group;
    int rc = -ENOMEM, closed;

    (void)unused;
    if (news != NULL && mail != NULL) {
        sl_group_open(&group);
        sl_go(&group, write_later, .channel = mail, .value = 7,
              .delay = SL_MS(10));
        sl_go(&group, write_later, .channel = news, .value = 1,
              .delay = SL_MS(40));
        rc = read_all(news, mail);
        closed = sl_group_close(&group);
        rc = closed < 0 ? closed : rc;
    }
    sl_channel_drop(news);
    sl_channel_drop(mail);
    return rc;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
