/* starling stars, thumbs, edges, run: whatever is to be done with the pictures
 * that somebody names. */
#include "cmd/commands.h"

#include "cmd/feed.h"

int command_inputs(run *run)
{
    run_plan plan = { .command = command_name(run->options->command),
                      .option_text = "",
                      .obeys_robots = true,
                      .fill = feed_fill,
                      .refill = true };

    return run_whole(run, &plan);
}
