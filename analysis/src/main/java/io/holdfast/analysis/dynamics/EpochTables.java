package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.reading.EpochTable;
import java.util.List;

/**
 * The tables of other packages that an analysis writes epoch by epoch; the one place to add one.
 */
final class EpochTables {
  private static final List<EpochTable> ALL = List.of();

  private EpochTables() {}

  static List<EpochTable> all() {
    return ALL;
  }
}
