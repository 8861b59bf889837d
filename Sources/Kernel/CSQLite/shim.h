#include <sqlite3.h>

/* `sqlite3_config` takes any number of arguments, and Swift calls no such function. */
static inline int kontor_sqlite3_count_memory(int counts) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, counts);
}
