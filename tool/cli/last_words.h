/* last_words.h: one line, should the program crash. */
#ifndef TOOL_CLI_LAST_WORDS_H
#define TOOL_CLI_LAST_WORDS_H

/* From here on no abort(), ours or a library's, and no fault ends the program
 * without a line on stderr. Whoever handles such a signal already, as
 * sanitizers do, goes on to. */
void last_words_prepare(void);

#endif
