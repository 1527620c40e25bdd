package io.holdfast.data;

/** Spark's reader takes some characters of a path for patterns; a user's path means itself. */
final class Globs {

  private Globs() {}

  static String escape(String path) {
    return path.replaceAll("([\\[\\]{}*?\\\\])", "\\\\$1");
  }
}
