/* failure.h: errors that say what they are about, so that a program which
 * passes them up ends with "words.txt: No such file or directory". */
#ifndef SL_IO_FAILURE_H
#define SL_IO_FAILURE_H

/* Return `rc`; if it is an error, and no request to stop, with a text. */
int sl__about(const char *subject, int rc);

/* The same of a host and a port. */
int sl__about_peer(const char *host, int port, int rc);

#endif
