package io.holdfast.data;

import java.io.Serializable;
import java.util.List;

/** Turns what an input says about a label into a class. */
final class Labels implements Serializable {
  private static final long serialVersionUID = 1L;

  private final LabelPolicy policy;
  private final int classes;
  private final List<String> names;
  private final int first;

  /**
   * @param policy what a missing label means
   * @param classes number of classes; 0 when not known yet
   * @param names names that may stand for a class; may be empty
   */
  Labels(LabelPolicy policy, int classes, List<String> names) {
    this(policy, classes, names, 0);
  }

  /**
   * @param first what the input says for class 0
   */
  Labels(LabelPolicy policy, int classes, List<String> names, int first) {
    this.policy = policy;
    this.classes = classes;
    this.names = names;
    this.first = first;
  }

  /** The class, or null when it is missing and may be. */
  Integer parse(String cell, String where) {
    if (policy == LabelPolicy.ABSENT) {
      return null;
    }
    String text = cell == null ? "" : cell.strip();
    if (text.isEmpty()) {
      return missing(where);
    }
    int named = names.indexOf(text);
    if (named >= 0) {
      return named;
    }
    try {
      double value = Double.parseDouble(text);
      if (value == Math.rint(value) && Math.abs(value) < Long.MAX_VALUE) {
        return check((long) value, where);
      }
    } catch (NumberFormatException e) {
      // Told below, with the fractions.
    }
    throw BadInput.of("%s: label '%s' is not an integer, expected %s", where, text, expected());
  }

  /** The class. */
  Integer check(long label, String where) {
    if (policy == LabelPolicy.ABSENT) {
      return null;
    }
    long index = label - first;
    if (index < 0 || index > Integer.MAX_VALUE - 1 || (classes > 0 && index >= classes)) {
      throw BadInput.of("%s: label %d is out of range, expected %s", where, label, expected());
    }
    return (int) index;
  }

  /** Null where a label may be missing. */
  Integer missing(String where) {
    if (policy == LabelPolicy.REQUIRED) {
      throw BadInput.of(
          "%s: label is missing, expected %s (only a test input or --unlabelled may go without)",
          where, expected());
    }
    return null;
  }

  private String expected() {
    String range =
        classes > 0
            ? first + ".." + (first + classes - 1)
            : first + ", " + (first + 1) + ", " + (first + 2) + ", ...";
    return names.isEmpty() ? range : range + " or a class name";
  }
}
