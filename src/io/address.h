/* address.h: what the room needs of addresses besides what is public. */
#ifndef SL_IO_ADDRESS_H
#define SL_IO_ADDRESS_H

#include <starling/address.h>

/* sl_address_parse(), with words where `text` or `port` is wrong. */
int sl__address_given(const char *text, int port, sl_address *out);

/* A unix socket has none and is left alone. */
void sl__address_set_port(sl_address *address, int port);

#endif
