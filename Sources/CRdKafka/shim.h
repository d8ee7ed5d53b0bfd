#ifndef WXRELAY_CRDKAFKA_SHIM_H
#define WXRELAY_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* librdkafka's own list of its properties as text, or NULL when memory is out; to be freed by the caller.
   Here and not in Swift, since FILE is a different type on each C library. */
static inline char *crdkafka_property_list(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return NULL;
    rd_kafka_conf_properties_show(stream);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

#endif
