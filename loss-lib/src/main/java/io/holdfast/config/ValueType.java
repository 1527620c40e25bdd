package io.holdfast.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How the text of a value becomes a value of type {@code T} and back.
 *
 * @param <T> the type of the value
 */
interface ValueType<T> {

  ValueType<Integer> INTEGER = scalar("integer", "an integer", Integer::valueOf);
  ValueType<Long> LONG = scalar("long", "a 64-bit integer", Long::valueOf);
  ValueType<Double> DOUBLE = scalar("double", "a number", ValueType::finite);
  ValueType<Boolean> BOOLEAN = scalar("boolean", "true or false", ValueType::trueOrFalse);
  ValueType<String> STRING = scalar("string", "text", text -> text);

  /** The name of the type in the documentation. */
  String name();

  /**
   * What a message says was expected; the range's words, such as {@code " of at least 1"}, may be
   * empty.
   */
  String expectation(String range);

  /**
   * Parses stripped text; any {@link IllegalArgumentException} means that it is not of this type.
   */
  T parse(String text);

  /** The canonical text of a value: parsing it gives an equal value. */
  String format(T value);

  /** A function from text that throws {@link IllegalArgumentException} on text of another type. */
  interface Parser<T> {
    T parse(String text);
  }

  static <T> ValueType<T> scalar(String name, String expectation, Parser<T> parser) {
    return new SimpleValueType<>(name, expectation, "", parser, String::valueOf);
  }

  static <E extends Enum<E>> ValueType<E> enumOf(Class<E> type) {
    String names =
        Arrays.stream(type.getEnumConstants())
            .map(ValueType::lowerCase)
            .collect(Collectors.joining(", "));
    return new SimpleValueType<>(
        "choice",
        "one of " + names,
        "",
        text ->
            Arrays.stream(type.getEnumConstants())
                .filter(constant -> lowerCase(constant).equals(text))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new),
        ValueType::lowerCase);
  }

  static <T> ValueType<List<T>> listOf(ValueType<T> element, String elements) {
    return new SimpleValueType<>(
        "list of " + element.name(),
        elements,
        ", separated by commas",
        text ->
            text.isEmpty()
                ? List.of()
                : Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .map(ValueType::nonEmpty)
                    .map(element::parse)
                    .toList(),
        values -> values.stream().map(element::format).collect(Collectors.joining(",")));
  }

  private static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String nonEmpty(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static Double finite(String text) {
    double value = Double.parseDouble(text);
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException();
    }
    return value;
  }

  private static Boolean trueOrFalse(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException();
    };
  }
}
