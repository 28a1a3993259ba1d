/* Without any loop: each call blocks until it is done, one after the other, so
 * the times add up: 1 + 2 = 3 seconds, most of which the processor is idle.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/fetch.h"
#include "shared/program.h"

int main(int argc, char **argv)
{
    result results[2];
    sl_time begin;

    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "example_1");
    begin = sl_now();
    for (int i = 0; i < 2; i++) {
        int rc = fetch_data_blocking(i + 1, &results[i]);

        if (rc < 0)
            return 1;
        printf("Fetch %d fully completed\n", i + 1);
    }
    print_results("", results, 2);
    printf("Finished in %.2f seconds\n", seconds_since(begin));
    return 0;
}
