package io.holdfast.method;

import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The values of a {@link SharedState}: one array of doubles per field. A mutable container with one
 * owner: a shard changes its own copy, the driver merges copies into new values.
 *
 * <p>Invariants of {@link #merge}: the result depends only on the values, the examples and the
 * order of the shards; a shard that trained nothing changes nothing; a {@link
 * SharedState.Merge#KEEP} array is the base's, to the bit.
 */
public final class SharedStateValue {

  /**
   * What one shard hands in at the end of a round.
   *
   * @param value the shard's copy, started from {@link #forShard()} of the merged values
   * @param examples the examples that the shard trained in the round
   */
  public record Contribution(SharedStateValue value, long examples) {

    /** Refuses negative counts. */
    public Contribution {
      if (examples < 0) {
        throw new IllegalArgumentException(
            "Invalid examples: " + examples + " (expected 0 or more)");
      }
    }
  }

  private final List<SharedState.Field> fields;
  private final double[][] arrays;

  private SharedStateValue(List<SharedState.Field> fields, double[][] arrays) {
    this.fields = List.copyOf(fields);
    this.arrays = arrays;
  }

  /**
   * Values that are all zero.
   *
   * @param fields the fields
   * @return new values
   */
  public static SharedStateValue zeros(List<SharedState.Field> fields) {
    return new SharedStateValue(
        fields, fields.stream().map(field -> new double[field.length()]).toArray(double[][]::new));
  }

  /**
   * Values from one flat array.
   *
   * @param fields the fields
   * @param flat all arrays one after the other, as {@link #flat()} gives them
   * @return new values
   */
  public static SharedStateValue of(List<SharedState.Field> fields, double[] flat) {
    SharedStateValue value = zeros(fields);
    int next = 0;
    for (double[] array : value.arrays) {
      if (next + array.length > flat.length) {
        throw new IllegalArgumentException(
            "Invalid length of shared values: " + flat.length + " (expected those of " + fields);
      }
      System.arraycopy(flat, next, array, 0, array.length);
      next += array.length;
    }
    return value;
  }

  /**
   * All arrays, one after the other, in the order of the fields.
   *
   * @return a new array
   */
  public double[] flat() {
    return Arrays.stream(arrays).flatMapToDouble(Arrays::stream).toArray();
  }

  /**
   * The fields.
   *
   * @return the description of the arrays, in order
   */
  public List<SharedState.Field> fields() {
    return fields;
  }

  /**
   * One array.
   *
   * @param name the field's name
   * @return the array itself, row-major, {@code [rows * columns]}: writing to it changes these
   *     values
   */
  public double[] array(String name) {
    for (int i = 0; i < arrays.length; i++) {
      if (fields.get(i).name().equals(name)) {
        return arrays[i];
      }
    }
    throw new NoSuchElementException("No shared array named " + name);
  }

  /**
   * An independent copy.
   *
   * @return equal values in arrays of their own
   */
  public SharedStateValue copy() {
    return new SharedStateValue(
        fields, Arrays.stream(arrays).map(double[]::clone).toArray(double[][]::new));
  }

  /**
   * The copy that a shard starts a round with.
   *
   * @return a copy whose {@link SharedState.Merge#SUM} arrays are zero
   */
  public SharedStateValue forShard() {
    SharedStateValue copy = copy();
    for (int i = 0; i < arrays.length; i++) {
      if (fields.get(i).merge() == SharedState.Merge.SUM) {
        Arrays.fill(copy.arrays[i], 0);
      }
    }
    return copy;
  }

  /**
   * Puts the shards' copies of a round together; changes none of the values given.
   *
   * @param base the merged values that the round started from
   * @param shards what the shards hand in, in shard order
   * @return the merged values
   */
  public static SharedStateValue merge(SharedStateValue base, List<Contribution> shards) {
    SharedStateValue merged = base.copy();
    long examples = 0;
    for (Contribution shard : shards) {
      if (!shard.value().fields.equals(base.fields)) {
        throw new IllegalArgumentException(
            "Shared arrays differ: " + shard.value().fields + " (expected " + base.fields + ")");
      }
      examples += shard.examples();
    }
    if (examples == 0) {
      return merged;
    }
    for (int i = 0; i < merged.arrays.length; i++) {
      switch (base.fields.get(i).merge()) {
        case SUM -> sum(merged.arrays[i], shards, i);
        case AVERAGE -> average(merged.arrays[i], shards, i, examples);
        case KEEP -> {}
      }
    }
    return merged;
  }

  private static void sum(double[] into, List<Contribution> shards, int index) {
    for (Contribution shard : shards) {
      double[] from = shard.value().arrays[index];
      for (int j = 0; j < into.length; j++) {
        into[j] += from[j];
      }
    }
  }

  private static void average(double[] into, List<Contribution> shards, int index, long examples) {
    Arrays.fill(into, 0);
    for (Contribution shard : shards) {
      if (shard.examples() == 0) {
        continue;
      }
      double weight = (double) shard.examples() / examples;
      double[] from = shard.value().arrays[index];
      for (int j = 0; j < into.length; j++) {
        into[j] += weight * from[j];
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SharedStateValue that
        && fields.equals(that.fields)
        && Arrays.deepEquals(arrays, that.arrays);
  }

  @Override
  public int hashCode() {
    return 31 * fields.hashCode() + Arrays.deepHashCode(arrays);
  }

  @Override
  public String toString() {
    return fields + Arrays.deepToString(arrays);
  }
}
