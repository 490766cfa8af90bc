/*
 * duck_calls.h - the functions of libduckdb that this room calls, found when the first database is opened: loading the library takes
 * longer than most commands that need none (--version, --help, completion). Includes duckdb.h for the whole room; a function that is
 * missing here is an undefined symbol when the program is linked.
 */
#ifndef STORE_DUCK_CALLS_H
#define STORE_DUCK_CALLS_H

#include "base/error.h"

#include <duckdb.h>

/* One line each in both lists. */
#define DUCK_CALLS(X)                                 \
    X(duckdb_append_data_chunk)                       \
    X(duckdb_appender_close)                          \
    X(duckdb_appender_create)                         \
    X(duckdb_appender_destroy)                        \
    X(duckdb_appender_error)                          \
    X(duckdb_bind_add_result_column)                  \
    X(duckdb_bind_double)                             \
    X(duckdb_bind_get_extra_info)                     \
    X(duckdb_bind_int64)                              \
    X(duckdb_bind_null)                               \
    X(duckdb_bind_parameter_index)                    \
    X(duckdb_bind_varchar_length)                     \
    X(duckdb_close)                                   \
    X(duckdb_column_count)                            \
    X(duckdb_column_logical_type)                     \
    X(duckdb_column_name)                             \
    X(duckdb_column_type)                             \
    X(duckdb_connect)                                 \
    X(duckdb_create_config)                           \
    X(duckdb_create_data_chunk)                       \
    X(duckdb_create_table_function)                   \
    X(duckdb_data_chunk_get_size)                     \
    X(duckdb_data_chunk_get_vector)                   \
    X(duckdb_data_chunk_reset)                        \
    X(duckdb_data_chunk_set_size)                     \
    X(duckdb_destroy_config)                          \
    X(duckdb_destroy_data_chunk)                      \
    X(duckdb_destroy_extracted)                       \
    X(duckdb_destroy_logical_type)                    \
    X(duckdb_destroy_prepare)                         \
    X(duckdb_destroy_result)                          \
    X(duckdb_destroy_table_function)                  \
    X(duckdb_disconnect)                              \
    X(duckdb_execute_prepared)                        \
    X(duckdb_execute_prepared_streaming)              \
    X(duckdb_extract_statements)                      \
    X(duckdb_extract_statements_error)                \
    X(duckdb_fetch_chunk)                             \
    X(duckdb_free)                                    \
    X(duckdb_function_get_local_init_data)            \
    X(duckdb_hugeint_to_double)                       \
    X(duckdb_init_get_extra_info)                     \
    X(duckdb_init_set_error)                          \
    X(duckdb_init_set_init_data)                      \
    X(duckdb_init_set_max_threads)                    \
    X(duckdb_interrupt)                               \
    X(duckdb_open_ext)                                \
    X(duckdb_prepare)                                 \
    X(duckdb_prepare_error)                           \
    X(duckdb_prepare_extracted_statement)             \
    X(duckdb_prepared_statement_type)                 \
    X(duckdb_query)                                   \
    X(duckdb_register_table_function)                 \
    X(duckdb_result_error)                            \
    X(duckdb_set_config)                              \
    X(duckdb_string_t_data)                           \
    X(duckdb_string_t_length)                         \
    X(duckdb_table_function_set_bind)                 \
    X(duckdb_table_function_set_extra_info)           \
    X(duckdb_table_function_set_function)             \
    X(duckdb_table_function_set_init)                 \
    X(duckdb_table_function_set_local_init)           \
    X(duckdb_table_function_set_name)                 \
    X(duckdb_unsafe_vector_assign_string_element_len) \
    X(duckdb_validity_row_is_valid)                   \
    X(duckdb_vector_ensure_validity_writable)         \
    X(duckdb_vector_get_data)                         \
    X(duckdb_vector_get_validity)                     \
    X(duckdb_vector_reference_vector)                 \
    X(duckdb_vector_size)

struct duck_calls {
#define DUCK_FIELD(name) __typeof__(&name) name##_;
    DUCK_CALLS(DUCK_FIELD)
#undef DUCK_FIELD
};

extern struct duck_calls duck_calls;

/* Loads libduckdb, once; any thread. Before the first of the calls. ERR_FAILED when it is not there. */
int duck_load(struct error *err);

#define duckdb_append_data_chunk (*duck_calls.duckdb_append_data_chunk_)
#define duckdb_appender_close (*duck_calls.duckdb_appender_close_)
#define duckdb_appender_create (*duck_calls.duckdb_appender_create_)
#define duckdb_appender_destroy (*duck_calls.duckdb_appender_destroy_)
#define duckdb_appender_error (*duck_calls.duckdb_appender_error_)
#define duckdb_bind_add_result_column (*duck_calls.duckdb_bind_add_result_column_)
#define duckdb_bind_double (*duck_calls.duckdb_bind_double_)
#define duckdb_bind_get_extra_info (*duck_calls.duckdb_bind_get_extra_info_)
#define duckdb_bind_int64 (*duck_calls.duckdb_bind_int64_)
#define duckdb_bind_null (*duck_calls.duckdb_bind_null_)
#define duckdb_bind_parameter_index (*duck_calls.duckdb_bind_parameter_index_)
#define duckdb_bind_varchar_length (*duck_calls.duckdb_bind_varchar_length_)
#define duckdb_close (*duck_calls.duckdb_close_)
#define duckdb_column_count (*duck_calls.duckdb_column_count_)
#define duckdb_column_logical_type (*duck_calls.duckdb_column_logical_type_)
#define duckdb_column_name (*duck_calls.duckdb_column_name_)
#define duckdb_column_type (*duck_calls.duckdb_column_type_)
#define duckdb_connect (*duck_calls.duckdb_connect_)
#define duckdb_create_config (*duck_calls.duckdb_create_config_)
#define duckdb_create_data_chunk (*duck_calls.duckdb_create_data_chunk_)
#define duckdb_create_table_function (*duck_calls.duckdb_create_table_function_)
#define duckdb_data_chunk_get_size (*duck_calls.duckdb_data_chunk_get_size_)
#define duckdb_data_chunk_get_vector (*duck_calls.duckdb_data_chunk_get_vector_)
#define duckdb_data_chunk_reset (*duck_calls.duckdb_data_chunk_reset_)
#define duckdb_data_chunk_set_size (*duck_calls.duckdb_data_chunk_set_size_)
#define duckdb_destroy_config (*duck_calls.duckdb_destroy_config_)
#define duckdb_destroy_data_chunk (*duck_calls.duckdb_destroy_data_chunk_)
#define duckdb_destroy_extracted (*duck_calls.duckdb_destroy_extracted_)
#define duckdb_destroy_logical_type (*duck_calls.duckdb_destroy_logical_type_)
#define duckdb_destroy_prepare (*duck_calls.duckdb_destroy_prepare_)
#define duckdb_destroy_result (*duck_calls.duckdb_destroy_result_)
#define duckdb_destroy_table_function (*duck_calls.duckdb_destroy_table_function_)
#define duckdb_disconnect (*duck_calls.duckdb_disconnect_)
#define duckdb_execute_prepared (*duck_calls.duckdb_execute_prepared_)
#define duckdb_execute_prepared_streaming (*duck_calls.duckdb_execute_prepared_streaming_)
#define duckdb_extract_statements (*duck_calls.duckdb_extract_statements_)
#define duckdb_extract_statements_error (*duck_calls.duckdb_extract_statements_error_)
#define duckdb_fetch_chunk (*duck_calls.duckdb_fetch_chunk_)
#define duckdb_free (*duck_calls.duckdb_free_)
#define duckdb_function_get_local_init_data (*duck_calls.duckdb_function_get_local_init_data_)
#define duckdb_hugeint_to_double (*duck_calls.duckdb_hugeint_to_double_)
#define duckdb_init_get_extra_info (*duck_calls.duckdb_init_get_extra_info_)
#define duckdb_init_set_error (*duck_calls.duckdb_init_set_error_)
#define duckdb_init_set_init_data (*duck_calls.duckdb_init_set_init_data_)
#define duckdb_init_set_max_threads (*duck_calls.duckdb_init_set_max_threads_)
#define duckdb_interrupt (*duck_calls.duckdb_interrupt_)
#define duckdb_open_ext (*duck_calls.duckdb_open_ext_)
#define duckdb_prepare (*duck_calls.duckdb_prepare_)
#define duckdb_prepare_error (*duck_calls.duckdb_prepare_error_)
#define duckdb_prepare_extracted_statement (*duck_calls.duckdb_prepare_extracted_statement_)
#define duckdb_prepared_statement_type (*duck_calls.duckdb_prepared_statement_type_)
#define duckdb_query (*duck_calls.duckdb_query_)
#define duckdb_register_table_function (*duck_calls.duckdb_register_table_function_)
#define duckdb_result_error (*duck_calls.duckdb_result_error_)
#define duckdb_set_config (*duck_calls.duckdb_set_config_)
#define duckdb_string_t_data (*duck_calls.duckdb_string_t_data_)
#define duckdb_string_t_length (*duck_calls.duckdb_string_t_length_)
#define duckdb_table_function_set_bind (*duck_calls.duckdb_table_function_set_bind_)
#define duckdb_table_function_set_extra_info (*duck_calls.duckdb_table_function_set_extra_info_)
#define duckdb_table_function_set_function (*duck_calls.duckdb_table_function_set_function_)
#define duckdb_table_function_set_init (*duck_calls.duckdb_table_function_set_init_)
#define duckdb_table_function_set_local_init (*duck_calls.duckdb_table_function_set_local_init_)
#define duckdb_table_function_set_name (*duck_calls.duckdb_table_function_set_name_)
#define duckdb_unsafe_vector_assign_string_element_len \
    (*duck_calls.duckdb_unsafe_vector_assign_string_element_len_)
#define duckdb_validity_row_is_valid (*duck_calls.duckdb_validity_row_is_valid_)
#define duckdb_vector_ensure_validity_writable (*duck_calls.duckdb_vector_ensure_validity_writable_)
#define duckdb_vector_get_data (*duck_calls.duckdb_vector_get_data_)
#define duckdb_vector_get_validity (*duck_calls.duckdb_vector_get_validity_)
#define duckdb_vector_reference_vector (*duck_calls.duckdb_vector_reference_vector_)
#define duckdb_vector_size (*duck_calls.duckdb_vector_size_)

#endif
