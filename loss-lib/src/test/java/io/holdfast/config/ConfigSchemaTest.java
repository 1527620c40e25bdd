package io.holdfast.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigSchemaTest {
  private enum Split {
    TRAIN,
    HELD_OUT
  }

  private static final ConfigKey<String> DATA =
      ConfigKey.string("data.path", "Where the samples are.").required();
  private static final ConfigKey<Integer> EPOCHS =
      ConfigKey.integer("train.epochs", "Number of epochs.").atLeast(1).withDefault(200);
  private static final ConfigKey<Double> RATE =
      ConfigKey.number("train.learning_rate", "Learning rate.").above(0.0).withDefault(0.1);
  private static final ConfigKey<Long> SEED =
      ConfigKey.longInteger("run.seed", "Seed of every random stream.").optional();
  private static final ConfigKey<Boolean> NOISE =
      ConfigKey.bool("data.noise", "Whether labels are disturbed.").withDefault(false);
  private static final ConfigKey<Split> SPLIT =
      ConfigKey.choice("eval.split", Split.class, "Split to score.").withDefault(Split.HELD_OUT);
  private static final ConfigKey<List<Integer>> DROPS =
      ConfigKey.integers("train.drops", "Epochs | rates fall after.")
          .matching(epochs -> epochs.stream().allMatch(epoch -> epoch >= 1), "of at least 1")
          .withDefault(List.of(150, 180));
  private static final ConfigKey<List<String>> SPLITS =
      ConfigKey.strings("eval.splits", "Splits.").withDefault(List.of());

  private static final ConfigSchema SCHEMA =
      ConfigSchema.of(DATA, EPOCHS, RATE, SEED, NOISE, SPLIT, DROPS, SPLITS);

  @Test
  void valuesAreTypedAndDefaultsAreFilledInInTheSchemasOrder() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("train.drops", " 3, 5 ,7 ");
    values.put("train.learning_rate", "5e-2");
    values.put("data.path", " /data/digits ");
    Config config = SCHEMA.parse(values);

    assertThat(config.get(DATA)).isEqualTo("/data/digits");
    assertThat(config.get(EPOCHS)).isEqualTo(200);
    assertThat(config.get(RATE)).isEqualTo(0.05);
    assertThat(config.find(SEED)).isEmpty();
    assertThat(config.get(NOISE)).isFalse();
    assertThat(config.get(SPLIT)).isEqualTo(Split.HELD_OUT);
    assertThat(config.get(DROPS)).containsExactly(3, 5, 7);
    assertThat(config.get(SPLITS)).isEmpty();
    assertThat(config.resolved().toString())
        .isEqualTo(
            "{data.path=/data/digits, train.epochs=200, train.learning_rate=0.05, data.noise=false,"
                + " eval.split=held_out, train.drops=3,5,7, eval.splits=}");
    assertThat(config.resolvedStartingWith("train."))
        .containsOnlyKeys("train.epochs", "train.learning_rate", "train.drops");
  }

  @Test
  void theResolvedTextsParseToAnEqualConfiguration() {
    Config config = SCHEMA.parse(Map.of("data.path", "a", "run.seed", "-9000000000"));
    assertThat(SCHEMA.parse(config.resolved())).isEqualTo(config);
    assertThat(config.find(SEED)).contains(-9_000_000_000L);
  }

  @Test
  void anUnknownKeyNamesTheNearest() {
    assertThatThrownBy(() -> SCHEMA.parse(Map.of("train.epoch", "3")))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Unknown key: train.epoch (did you mean train.epochs?)");
  }

  @Test
  void aMissingRequiredKeyIsNamed() {
    assertThatThrownBy(() -> SCHEMA.parse(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Missing key: data.path (expected text)");
  }

  @Test
  void wrongTypesAndRangesSayWhatWasExpected() {
    assertInvalid("train.epochs", "-3", "an integer of at least 1");
    assertInvalid("train.epochs", "three", "an integer of at least 1");
    assertInvalid("train.epochs", "3000000000", "an integer of at least 1");
    assertInvalid("train.epochs", "", "an integer of at least 1");
    assertInvalid("train.learning_rate", "0", "a number above 0.0");
    assertInvalid("train.learning_rate", "NaN", "a number above 0.0");
    assertInvalid("train.learning_rate", "1e999", "a number above 0.0");
    assertInvalid("run.seed", "1.5", "a 64-bit integer");
    assertInvalid("data.noise", "yes", "true or false");
    assertInvalid("eval.split", "test", "one of train, held_out");
    assertInvalid("train.drops", "3,,4", "integers of at least 1, separated by commas");
    assertInvalid("train.drops", "3,0", "integers of at least 1, separated by commas");
  }

  @Test
  void theDocumentationTableHasOneLineAKey() {
    String table = SCHEMA.toMarkdown();
    assertThat(table.lines()).hasSize(2 + SCHEMA.keys().size());
    assertThat(table)
        .contains("| `data.path` | text | (required) | Where the samples are. |\n")
        .contains("| `train.epochs` | an integer of at least 1 | `200` | Number of epochs. |\n")
        .contains("| `run.seed` | a 64-bit integer | (none) | Seed of every random stream. |\n")
        .contains("| `150,180` | Epochs \\| rates fall after. |\n")
        .contains("| `eval.splits` | words, separated by commas | (empty) | Splits. |\n");
  }

  @Test
  void schemasMergeUnlessTheyDisagree() {
    ConfigSchema one = ConfigSchema.of(DATA, EPOCHS);
    assertThat(one.plus(ConfigSchema.of(EPOCHS, RATE)).keys()).containsExactly(DATA, EPOCHS, RATE);
    ConfigKey<Integer> other = ConfigKey.integer("train.epochs", "Another.").withDefault(1);
    assertThatThrownBy(() -> one.plus(ConfigSchema.of(other)))
        .hasMessage("Two keys have the name train.epochs");
  }

  @Test
  void aDefaultOutsideTheRangeIsAProgrammingError() {
    assertThatThrownBy(() -> ConfigKey.integer("a", "A.").between(1, 3).withDefault(4))
        .hasMessage("Default out of range for a: 4");
  }

  private static void assertInvalid(String key, String value, String expected) {
    assertThatThrownBy(() -> SCHEMA.parse(Map.of("data.path", "a", key, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid value for " + key + ": " + value + " (expected " + expected + ")");
  }
}
