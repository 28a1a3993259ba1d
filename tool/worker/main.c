/* starling-worker: the program that parses pictures.
 *
 * It knows the formats that nearly all pictures have; the others are known to
 * starling-worker-rare.
 */
#include "worker/program.h"

int main(int argc, char **argv)
{
    static const worker_program plain = { 0 };

    return worker_program_main(argc, argv, &plain);
}
