/* What did the user mean? The fewest letters to insert, drop, change or swap
 * with their neighbour lead from one word to the other; a third of a word
 * wrong is a slip, more is another word. */
#include "cli/nearest.h"

#include <string.h>

enum { LETTERS_MAX = 32 };

static int least(int a, int b, int c)
{
    int ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Three rows of the usual table suffice: a swap looks back two. */
static int distance(const char *a, const char *b)
{
    int rows[3][LETTERS_MAX + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2], *spare;
    int a_length = (int)strlen(a), b_length = (int)strlen(b);

    if (a_length > LETTERS_MAX || b_length > LETTERS_MAX)
        return LETTERS_MAX;
    for (int j = 0; j <= b_length; j++)
        above[j] = j;
    for (int i = 1; i <= a_length; i++) {
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            row[j] = least(row[j - 1] + 1, above[j] + 1,
                           above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_length];
}

const char *nearest_name(const char *word, const char *const names[], int count)
{
    int length = (int)strlen(word);
    int best = length < 3 ? 2 : length / 3 + 1; /* it must be below */
    const char *nearest = NULL;

    for (int i = 0; i < count; i++) {
        int d = distance(word, names[i]);

        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
