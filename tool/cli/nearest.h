/* nearest.h: what did the user mean? */
#ifndef TOOL_CLI_NEAREST_H
#define TOOL_CLI_NEAREST_H

/* The one of `names` that `word` is most probably a slip of the keyboard for;
 * NULL if none is near enough to be worth mentioning. */
const char *nearest_name(const char *word, const char *const names[],
                         int count);

#endif
