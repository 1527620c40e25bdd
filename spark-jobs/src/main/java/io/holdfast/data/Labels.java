package io.holdfast.data;

import java.io.Serializable;
import java.util.List;

/** Turns what an input says about a label into a class. */
final class Labels implements Serializable {
  private static final long serialVersionUID = 1L;

  private final LabelPolicy policy;
  private final int classes;
  private final List<String> names;

  /**
   * @param policy what a missing label means
   * @param classes number of classes; 0 when not known yet
   * @param names names that may stand for a class; may be empty
   */
  Labels(LabelPolicy policy, int classes, List<String> names) {
    this.policy = policy;
    this.classes = classes;
    this.names = names;
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
    if (label < 0 || label > Integer.MAX_VALUE - 1 || (classes > 0 && label >= classes)) {
      throw BadInput.of("%s: label %d is out of range, expected %s", where, label, expected());
    }
    return (int) label;
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
    String range = classes > 0 ? "0.." + (classes - 1) : "0, 1, 2, ...";
    return names.isEmpty() ? range : range + " or a class name";
  }
}
