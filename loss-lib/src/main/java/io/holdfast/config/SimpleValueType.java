package io.holdfast.config;

import java.util.function.Function;

/** A value type made of functions. */
record SimpleValueType<T>(
    String name,
    String noun,
    String afterRange,
    ValueType.Parser<T> parser,
    Function<T, String> formatter)
    implements ValueType<T> {

  @Override
  public String expectation(String range) {
    return noun + range + afterRange;
  }

  @Override
  public T parse(String text) {
    return parser.parse(text);
  }

  @Override
  public String format(T value) {
    return formatter.apply(value);
  }
}
