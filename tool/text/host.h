/* host.h: the server that a URL names, in one spelling for all who keep count
 * of servers. */
#ifndef TOOL_TEXT_HOST_H
#define TOOL_TEXT_HOST_H

enum { TEXT_HOST_SIZE = 256 };

/* Write "example.com:8080" for a URL: lower case, without user name and
 * password, without the port that the scheme has anyway. What is beyond the
 * size is cut, bytes outside of printable ASCII become '?'. Returns `out`, or
 * NULL if `url` is none: a path. */
const char *text_host(const char *url, char out[TEXT_HOST_SIZE]);

#endif
