package io.holdfast.config;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One typed configuration key: name, type, range, default and documentation, in one place.
 *
 * <pre>{@code
 * static final ConfigKey<Integer> EPOCHS =
 *     ConfigKey.integer("train.epochs", "Number of epochs.").atLeast(1).withDefault(200);
 * }</pre>
 *
 * A key is required, or has a default, or is optional (it may be absent, see {@link Config#find}).
 * Immutable.
 *
 * @param <T> the type of the value
 */
public final class ConfigKey<T> {
  private enum Presence {
    REQUIRED,
    DEFAULT,
    OPTIONAL
  }

  private final Builder<T> definition;
  private final Presence presence;
  private final T defaultValue;

  private ConfigKey(Builder<T> definition, Presence presence, T defaultValue) {
    this.definition = definition;
    this.presence = presence;
    this.defaultValue = defaultValue;
  }

  /**
   * Starts a key of type integer.
   *
   * @param name the full name, such as {@code train.epochs}
   * @param doc one line
   * @return the builder
   */
  public static Builder<Integer> integer(String name, String doc) {
    return new Builder<>(name, doc, ValueType.INTEGER, value -> true, "");
  }

  /**
   * Starts a key of type long.
   *
   * @param name the full name
   * @param doc one line
   * @return the builder
   */
  public static Builder<Long> longInteger(String name, String doc) {
    return new Builder<>(name, doc, ValueType.LONG, value -> true, "");
  }

  /**
   * Starts a key of type double; NaN and infinities are refused.
   *
   * @param name the full name
   * @param doc one line
   * @return the builder
   */
  public static Builder<Double> number(String name, String doc) {
    return new Builder<>(name, doc, ValueType.DOUBLE, value -> true, "");
  }

  /**
   * Starts a key of type boolean: {@code true} or {@code false}.
   *
   * @param name the full name
   * @param doc one line
   * @return the builder
   */
  public static Builder<Boolean> bool(String name, String doc) {
    return new Builder<>(name, doc, ValueType.BOOLEAN, value -> true, "");
  }

  /**
   * Starts a key of type string.
   *
   * @param name the full name
   * @param doc one line
   * @return the builder
   */
  public static Builder<String> string(String name, String doc) {
    return new Builder<>(name, doc, ValueType.STRING, value -> true, "");
  }

  /**
   * Starts a key whose values are the constants of an enum, written in lower case.
   *
   * @param name the full name
   * @param type the enum
   * @param doc one line
   * @return the builder
   * @param <E> the enum
   */
  public static <E extends Enum<E>> Builder<E> choice(String name, Class<E> type, String doc) {
    return new Builder<>(name, doc, ValueType.enumOf(type), value -> true, "");
  }

  /**
   * Starts a key whose value is a comma-separated list of integers; the empty text is the empty
   * list.
   *
   * @param name the full name
   * @param doc one line
   * @return the builder
   */
  public static Builder<List<Integer>> integers(String name, String doc) {
    return new Builder<>(
        name, doc, ValueType.listOf(ValueType.INTEGER, "integers"), value -> true, "");
  }

  /**
   * Starts a key whose value is a comma-separated list of strings; the empty text is the empty
   * list.
   *
   * @param name the full name
   * @param doc one line
   * @return the builder
   */
  public static Builder<List<String>> strings(String name, String doc) {
    return new Builder<>(name, doc, ValueType.listOf(ValueType.STRING, "words"), value -> true, "");
  }

  /**
   * The full name.
   *
   * @return the name, such as {@code train.epochs}
   */
  public String name() {
    return definition.name;
  }

  /**
   * The one-line documentation.
   *
   * @return the text
   */
  public String doc() {
    return definition.doc;
  }

  /**
   * The name of the type as the documentation gives it.
   *
   * @return the type, such as {@code integer}
   */
  public String type() {
    return definition.type.name();
  }

  /**
   * What a value has to be.
   *
   * @return type and range in words, such as {@code an integer of at least 1}
   */
  public String expectation() {
    return definition.type.expectation(definition.range);
  }

  /**
   * Whether a value must be given.
   *
   * @return true for keys without default that may not be absent
   */
  public boolean isRequired() {
    return presence == Presence.REQUIRED;
  }

  /**
   * The default.
   *
   * @return the value used when none is given; empty for required and optional keys
   */
  public Optional<T> defaultValue() {
    return Optional.ofNullable(defaultValue);
  }

  /**
   * Parses the text of a value; blanks around it are ignored.
   *
   * @param text the text
   * @return the value
   * @throws ConfigException if the text is not of the key's type or out of its range
   */
  public T parse(String text) {
    T value;
    try {
      value = definition.type.parse(text.strip());
    } catch (IllegalArgumentException wrongType) {
      throw invalid(text);
    }
    if (!definition.inRange.test(value)) {
      throw invalid(text);
    }
    return value;
  }

  /**
   * The canonical text of a value.
   *
   * @param value a value of this key
   * @return text that parses to an equal value
   */
  public String format(T value) {
    return definition.type.format(value);
  }

  Optional<String> defaultText() {
    return defaultValue().map(this::format);
  }

  @SuppressWarnings("unchecked")
  String formatUnchecked(Object value) {
    return format((T) value);
  }

  private ConfigException invalid(String text) {
    return new ConfigException(
        "Invalid value for " + name() + ": " + text.strip() + " (expected " + expectation() + ")");
  }

  @Override
  public String toString() {
    return name();
  }

  /**
   * A key under construction. Range methods return a narrowed builder; {@link #withDefault}, {@link
   * #required} and {@link #optional} finish the key.
   *
   * @param <T> the type of the value
   */
  public static final class Builder<T> {
    private final String name;
    private final String doc;
    private final ValueType<T> type;
    private final Predicate<T> inRange;
    private final String range;

    private Builder(
        String name, String doc, ValueType<T> type, Predicate<T> inRange, String range) {
      this.name = Objects.requireNonNull(name);
      this.doc = Objects.requireNonNull(doc);
      this.type = type;
      this.inRange = inRange;
      this.range = range;
    }

    /**
     * Refuses values below a bound.
     *
     * @param low the smallest value allowed
     * @return the narrowed builder
     */
    public Builder<T> atLeast(T low) {
      return matching(value -> compare(value, low) >= 0, " of at least " + type.format(low));
    }

    /**
     * Refuses a bound and what lies below it.
     *
     * @param low the bound
     * @return the narrowed builder
     */
    public Builder<T> above(T low) {
      return matching(value -> compare(value, low) > 0, " above " + type.format(low));
    }

    /**
     * Refuses values outside a closed interval.
     *
     * @param low the smallest value allowed
     * @param high the largest value allowed
     * @return the narrowed builder
     */
    public Builder<T> between(T low, T high) {
      return matching(
          value -> compare(value, low) >= 0 && compare(value, high) <= 0,
          " from " + type.format(low) + " to " + type.format(high));
    }

    /**
     * Refuses values that fail a test.
     *
     * @param test the test
     * @param words the range in words, put after the type, such as {@code " of at least 1"}
     * @return the narrowed builder
     */
    public Builder<T> matching(Predicate<T> test, String words) {
      String separator = words.startsWith(" ") ? "" : " ";
      return new Builder<>(name, doc, type, inRange.and(test), range + separator + words);
    }

    /**
     * Finishes a key with a default.
     *
     * @param value used when the key is not given
     * @return the key
     */
    public ConfigKey<T> withDefault(T value) {
      if (!inRange.test(value)) {
        throw new IllegalArgumentException("Default out of range for " + name + ": " + value);
      }
      return new ConfigKey<>(this, Presence.DEFAULT, value);
    }

    /**
     * Finishes a key that must be given.
     *
     * @return the key
     */
    public ConfigKey<T> required() {
      return new ConfigKey<>(this, Presence.REQUIRED, null);
    }

    /**
     * Finishes a key that may be absent; read it with {@link Config#find}.
     *
     * @return the key
     */
    public ConfigKey<T> optional() {
      return new ConfigKey<>(this, Presence.OPTIONAL, null);
    }

    @SuppressWarnings("unchecked")
    private int compare(T left, T right) {
      return ((Comparable<T>) left).compareTo(right);
    }
  }
}
