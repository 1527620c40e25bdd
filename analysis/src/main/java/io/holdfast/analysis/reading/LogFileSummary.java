package io.holdfast.analysis.reading;

import java.io.Serializable;

/**
 * What a file's footer says of its rows.
 *
 * @param file the file
 * @param columns its columns that belong to the contract, as Spark writes their types: {@code
 *     sample_id bigint, epoch int, ...}
 * @param rows number of rows
 * @param lowestSample the lowest sample id; null where the footer does not say
 * @param highestSample the highest sample id; null where the footer does not say
 * @param lowestEpoch the lowest epoch, counted from 1; null where the footer does not say
 * @param highestEpoch the highest epoch, counted from 1; null where the footer does not say
 * @param ascending whether no row group starts below the highest sample id of the one before it
 * @param everyVerdict whether {@code correct} is known not to be NULL in any row
 */
public record LogFileSummary(
    LogFile file,
    String columns,
    long rows,
    Long lowestSample,
    Long highestSample,
    Long lowestEpoch,
    Long highestEpoch,
    boolean ascending,
    boolean everyVerdict)
    implements Serializable {}
