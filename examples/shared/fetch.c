/* The work of the small examples. */
#include "fetch.h"

#include <stdio.h>

#include <starling/clock.h>

#include "program.h"

static int finish(int seconds, result *out)
{
    printf("Done with %d\n", seconds);
    snprintf(out->text, sizeof out->text, "Result of %d", seconds);
    return 0;
}

int fetch_data(int seconds, result *out)
{
    int rc;

    printf("Do something with %d...\n", seconds);
    rc = sl_sleep(scaled(SL_S(seconds)));
    return rc < 0 ? rc : finish(seconds, out);
}

int fetch_data_blocking(int seconds, result *out)
{
    printf("Do something with %d...\n", seconds);
    block_for(scaled(SL_S(seconds)));
    return finish(seconds, out);
}

void print_results(const char *label, const result results[], int count)
{
    printf("%s[", label);
    for (int i = 0; i < count; i++)
        printf("%s'%s'", i > 0 ? ", " : "", results[i].text);
    puts("]");
}
