package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.config.Config;
import io.holdfast.method.SampleState;
import java.io.Serializable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.indexer.HalfIndexer;

/**
 * How the values of a sample are kept in the behaviour store. Every field of the method's state
 * stands in the row in turn, little-endian: its values; or, where it is longer than {@code top},
 * the places of its {@code top} largest values (unsigned 16-bit integers in ascending order; the
 * lowest place among equals), those values, and the mean of all others, which they are read back
 * as, so that a field keeps its sum.
 *
 * @param lengths of the fields
 * @param half whether values have 16 bits instead of 32; beyond +-65504 they are cut off
 * @param top how many values are kept of a field; 0 keeps all
 */
record StoreForm(List<Integer> lengths, boolean half, int top) implements Serializable {
  private static final VarHandle FLOATS =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final float LARGEST_HALF = 65504f;
  private static final int LARGEST_PLACE = 0xFFFF;

  StoreForm {
    lengths = List.copyOf(lengths);
  }

  static StoreForm of(Config config, SampleState state) {
    int top = config.find(TrainingKeys.STORE_TOP).orElse(0);
    for (SampleState.Field field : state.fields()) {
      if (top > 0 && field.length() > LARGEST_PLACE + 1) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Invalid value for store.top: "
                + top
                + " (expected none with more than 65536 classes, found "
                + field.length()
                + ")");
      }
    }
    return new StoreForm(
        state.fields().stream().map(SampleState.Field::length).toList(),
        config.find(TrainingKeys.STORE_PRECISION).orElse(TrainingKeys.StorePrecision.FLOAT)
            == TrainingKeys.StorePrecision.HALF,
        top);
  }

  /** Number of values of a sample as the method sees them. */
  int width() {
    return lengths.stream().mapToInt(Integer::intValue).sum();
  }

  /** Whether a row is its values in single precision and nothing else. */
  boolean plain() {
    return !half && lengths.stream().noneMatch(this::cut);
  }

  private boolean cut(int length) {
    return top > 0 && length > top;
  }

  private int valueBytes() {
    return half ? Short.BYTES : Float.BYTES;
  }

  /** Length of a row. */
  int bytes() {
    int bytes = 0;
    for (int length : lengths) {
      bytes += cut(length) ? top * Short.BYTES + (top + 1) * valueBytes() : length * valueBytes();
    }
    return bytes;
  }

  /**
   * Reads one sample.
   *
   * @param offset of its row
   * @param row receives the values, {@code [width]}
   */
  void read(byte[] rows, int offset, double[] row) {
    int at = offset;
    int from = 0;
    for (int length : lengths) {
      if (cut(length)) {
        int values = at + top * Short.BYTES;
        Arrays.fill(row, from, from + length, value(rows, values + top * valueBytes()));
        for (int i = 0; i < top; i++) {
          int place = (short) SHORTS.get(rows, at + i * Short.BYTES) & LARGEST_PLACE;
          row[from + place] = value(rows, values + i * valueBytes());
        }
        at = values + (top + 1) * valueBytes();
      } else {
        for (int i = 0; i < length; i++, at += valueBytes()) {
          row[from + i] = value(rows, at);
        }
      }
      from += length;
    }
  }

  /**
   * Writes one sample.
   *
   * @param offset of its row
   * @param row the values, {@code [width]}
   */
  void write(byte[] rows, int offset, double[] row) {
    int at = offset;
    int from = 0;
    for (int length : lengths) {
      if (cut(length)) {
        at = writeLargest(rows, at, row, from, length);
      } else {
        for (int i = 0; i < length; i++, at += valueBytes()) {
          put(rows, at, row[from + i]);
        }
      }
      from += length;
    }
  }

  private int writeLargest(byte[] rows, int offset, double[] row, int from, int length) {
    int[] largest = largest(row, from, length);
    int values = offset + top * Short.BYTES;
    double others = 0;
    int next = 0;
    for (int i = 0; i < length; i++) {
      if (next < top && largest[next] == i) {
        SHORTS.set(rows, offset + next * Short.BYTES, (short) i);
        put(rows, values + next * valueBytes(), row[from + i]);
        next++;
      } else {
        others += row[from + i];
      }
    }
    put(rows, values + top * valueBytes(), others / (length - top));
    return values + (top + 1) * valueBytes();
  }

  /** Places of the largest values, ascending. */
  private int[] largest(double[] row, int from, int length) {
    int[] places = new int[top]; // By descending value; insertion keeps the lower place first.
    int found = 0;
    for (int i = 0; i < length; i++) {
      double value = row[from + i];
      if (found == top && value <= row[from + places[top - 1]]) {
        continue;
      }
      int at = found == top ? top - 1 : found++;
      while (at > 0 && row[from + places[at - 1]] < value) {
        places[at] = places[at - 1];
        at--;
      }
      places[at] = i;
    }
    Arrays.sort(places);
    return places;
  }

  private double value(byte[] rows, int at) {
    return half
        ? HalfIndexer.toFloat((short) SHORTS.get(rows, at) & 0xFFFF)
        : (float) FLOATS.get(rows, at);
  }

  private void put(byte[] rows, int at, double value) {
    if (half) {
      float cut = Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, (float) value));
      SHORTS.set(rows, at, (short) HalfIndexer.fromFloat(cut));
    } else {
      FLOATS.set(rows, at, (float) value);
    }
  }
}
