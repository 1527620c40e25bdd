package io.holdfast.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a text into words: it is lower-cased by {@link String#toLowerCase(Locale)} of the root
 * locale, then every longest run of Unicode letters, marks and numbers (the categories L, M and N
 * of {@link Pattern}) is a word. Everything else separates words and is dropped.
 */
final class TextTokens {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}]+");

  private TextTokens() {}

  /** The words in the order of the text; none where it holds neither letter nor number. */
  static List<String> of(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }
}
