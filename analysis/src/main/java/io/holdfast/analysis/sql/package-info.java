/**
 * Spark SQL over prediction logs: functions, relations as table functions, and a read-only session.
 * {@link io.holdfast.analysis.sql.HoldfastExtensions} is what any Spark session loads; {@link
 * io.holdfast.analysis.sql.SqlSession} is what {@code holdfast sql} runs in.
 */
package io.holdfast.analysis.sql;
