/* A house that runs on plain callbacks and timers, without any task: each step
 * asks the loop to call the next one in a second, and the last one stops it.
 *
 * Every step also does what a callback must not: it blocks, for one to three
 * seconds, as a careless device library would. Nothing else can happen in the
 * house meanwhile, and the times add up: which is why a "30 seconds" cycle
 * takes anything from 29 to 32 seconds and 8 to 15 steps.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

struct home {
    sl_loop *loop;
    sl_time end;
};

static void check_security(void *arg);
static void control_temperature(void *arg);
static void control_lights(void *arg);

/* The device answers after 1 to 3 seconds. Returns how many they were. */
static int wait_for_device(void)
{
    int seconds = random_between(1, 3);

    block_for(scaled(SL_S(seconds)));
    return seconds;
}

/* Go on in a second if there is a second left. Returns whether there was. */
static bool schedule(struct home *home, sl_callback *next, const char *name)
{
    if (sl_now() + scaled(SL_S(1)) < home->end &&
        sl_call_later(home->loop, scaled(SL_S(1)), next, home) != NULL) {
        printf("   → Scheduling: %s in 1 second...\n\n", name);
        return true;
    }
    puts("\n⏰ Automation cycle complete. Shutting down...");
    sl_loop_stop(home->loop);
    return false;
}

static void check_security(void *arg)
{
    puts("🔒 [SECURITY] Checking all door and window sensors...");
    printf("   ✓ Security check completed in %ds - All sensors OK!\n",
           wait_for_device());
    schedule(arg, control_temperature, "Temperature Control");
}

static void control_temperature(void *arg)
{
    int degrees = random_between(18, 28), seconds;

    printf("🌡️  [THERMOSTAT] Current temperature: %d°C\n", degrees);
    seconds = wait_for_device();
    if (degrees == 22)
        puts("   ✓ Temperature is perfect at 22°C!");
    else
        printf("   ✓ %s activated! Adjusting to 22°C (took %ds)\n",
               degrees > 22 ? "Cooling" : "Heating", seconds);
    schedule(arg, control_lights, "Lighting Control");
}

static void control_lights(void *arg)
{
    static const char *const rooms[] = { "Living Room", "Bedroom", "Kitchen",
                                         "Bathroom" };
    const char *room = rooms[random_between(0, 3)];
    int brightness = random_between(0, 100);

    printf("💡 [LIGHTS] Checking %s lighting...\n", room);
    printf("   ✓ %s brightness set to %d%% (took %ds)\n", room, brightness,
           wait_for_device());
    if (schedule(arg, check_security, "Security Check"))
        print_rule('-', 50);
}

static void print_opening(void)
{
    print_rule('=', 60);
    puts("    SMART HOME AUTOMATION SYSTEM");
    puts("    Using Asyncio Event Loop Scheduling");
    print_rule('=', 60);
    puts("\nThis system rotates between three smart home tasks:");
    puts("  1. 🔒 Security System Check");
    puts("  2. 🌡️  Temperature Control");
    puts("  3. 💡 Lighting Control");
    puts("\nRunning automation cycle for 30 seconds...");
    print_rule('=', 60);
    puts("");
}

static void print_end(void)
{
    puts("");
    print_rule('=', 60);
    puts("    SMART HOME AUTOMATION STOPPED");
    puts("    All systems in standby mode");
    print_rule('=', 60);
}

int main(int argc, char **argv)
{
    struct home home = { .loop = sl_loop_new() };
    int rc;

    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "smart_home");
    print_opening();
    home.end = sl_now() + scaled(SL_S(30));
    if (home.loop == NULL ||
        sl_call_soon(home.loop, check_security, &home) == NULL) {
        fputs("smart_home: no memory\n", stderr);
        return 1;
    }
    rc = sl_loop_run(home.loop);
    sl_loop_close(home.loop);
    if (rc == 0)
        print_end();
    return rc < 0;
}
