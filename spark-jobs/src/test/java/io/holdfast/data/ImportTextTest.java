package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.CommandRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Import of CSV text. */
class ImportTextTest extends ImportTesting {

  private Path news() throws IOException {
    return text(
        "news.csv",
        "title,body,topic",
        "\"Oil, gas\",\"Prices \"\"rise\"\"\",1",
        "Cup,\"The final",
        "was won\",0",
        "",
        "Oil again,prices,1",
        "Cup tie,final cup,0");
  }

  @Test
  void readsQuotedCellsAndJoinsTheColumns() throws IOException {
    SampleTable table =
        imported(
            "--format", "text", "--input", news(), "--text-columns", "title,body", "--test", "0");
    assertThat(table.descriptor().kind()).isEqualTo(DatasetDescriptor.Kind.TEXT);
    assertThat(table.descriptor().shape()).isEmpty();
    assertThat(table.descriptor().mean()).isEmpty();
    List<Sample> samples = samples(table, "train");
    assertThat(samples)
        .extracting(Sample::text)
        .containsExactly(
            "Oil, gas Prices \"rise\"",
            "Cup The final\nwas won",
            "Oil again prices",
            "Cup tie final cup");
    assertThat(samples).extracting(Sample::label).containsExactly(1, 0, 1, 0);
    assertThat(samples).extracting(Sample::id).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void countsFromTheFirstLabelAndReadsNumberedColumns() throws IOException {
    Path train = text("train.csv", "\"1\",\"a b\",\"c\"", "\"2\",\"d\",\"e\"");
    Path test = text("test.csv", "\"2\",\"x\",\"y\"");
    SampleTable table =
        imported(
            "--format",
            "text",
            "--input",
            train,
            "--test-input",
            test,
            "--text-columns",
            "3,2",
            "--label-column",
            "1",
            "--first-label",
            "1");
    assertThat(samples(table, "train")).extracting(Sample::text).containsExactly("c a b", "e d");
    assertThat(samples(table, "train")).extracting(Sample::label).containsExactly(0, 1);
    assertThat(samples(table, "test")).extracting(Sample::label).containsExactly(1);
  }

  @Test
  void takesTheVocabularyFromTheTrainingSplit() throws IOException {
    Path train = text("train.csv", "b a b c,0", "a d B-a É,1");
    Path test = text("test.csv", "z z z z z,1");
    SampleTable table =
        imported(
            "--format",
            "text",
            "--input",
            train,
            "--test-input",
            test,
            "--text-columns",
            "1",
            "--vocabulary-size",
            "4");
    Vocabulary vocabulary = table.vocabulary();
    assertThat(vocabulary.size()).isEqualTo(5);
    assertThat(vocabulary.ids("a", 9)).containsExactly(1);
    assertThat(vocabulary.ids("A, b; c (d) é z", 9)).containsExactly(1, 2, 3, 4);
    assertThat(vocabulary.ids("z z", 9)).containsExactly(0);
    assertThat(vocabulary.ids("a b c", 2)).containsExactly(1, 2);
    assertThat(table.descriptor().vocabulary().words()).isEqualTo(4);

    CommandRun fewer =
        runImport(
            "--format",
            "text",
            "--input",
            train,
            "--text-columns",
            "1",
            "--test",
            "0",
            "--min-count",
            "2",
            "--overwrite");
    assertThat(fewer.exitCode()).as(fewer.err()).isZero();
    assertThat(SampleTable.open(spark(), output()).vocabulary().size()).isEqualTo(3);
  }

  @Test
  void hashesNgramsAsFastText() {
    Vocabulary vocabulary = new Vocabulary(List.of("new", "york"), 2, 1000);
    assertThat(vocabulary.size()).isEqualTo(1003);
    // By hand: FNV-1a of "new" and "york", then h1 * 116049371 + h2 modulo 2^64.
    assertThat(vocabulary.ids("New York", 9)).containsExactly(1, 2, 524);
    assertThat(vocabulary.ids("york the", 9)).hasSize(2).contains(2);
    assertThat(new Vocabulary(List.of("a"), 3, 7).ids("a a a", 9)).hasSize(6);
  }

  @Test
  void theTableIsTheSameForTheSameInput() throws IOException {
    Object[] line = {"--format", "text", "--input", news(), "--text-columns", "1,2", "--overwrite"};
    String first = imported(line).descriptor().fingerprint();
    assertThat(imported(line).descriptor().fingerprint()).isEqualTo(first);
    Object[] ngrams = {
      "--format",
      "text",
      "--input",
      news(),
      "--text-columns",
      "1,2",
      "--word-ngrams",
      "2",
      "--overwrite"
    };
    assertThat(imported(ngrams).descriptor().fingerprint()).isNotEqualTo(first);
  }

  @Test
  void unlabelledTextsHaveNoVocabulary() throws IOException {
    Path file = text("new.csv", "some words", "other words");
    SampleTable table =
        imported(
            "--format",
            "text",
            "--input",
            file,
            "--text-columns",
            "1",
            "--unlabelled",
            "--header",
            "no");
    assertThat(table.descriptor().vocabulary()).isNull();
    assertThat(samples(table, "test")).extracting(Sample::label).containsOnly(Sample.NO_LABEL);
  }

  @Test
  void corruptChangesLabelsAndKeepsTextsAndVocabulary() throws IOException {
    String[] lines = new String[40];
    Arrays.setAll(lines, i -> "word" + i + " common," + i % 2);
    SampleTable clean =
        imported(
            "--format",
            "text",
            "--input",
            text("many.csv", lines),
            "--text-columns",
            "1",
            "--test",
            "0");
    String noisy = folder.resolve("noisy").toString();
    CommandRun run =
        CommandRun.of(
            "corrupt",
            "--data",
            output(),
            "--output",
            noisy,
            "--noise",
            "symmetric",
            "--rate",
            "0.5");
    assertThat(run.exitCode()).as(run.err()).isZero();
    SampleTable table = SampleTable.open(spark(), noisy);
    assertThat(table.vocabulary()).isEqualTo(clean.vocabulary());
    assertThat(table.descriptor().vocabulary()).isEqualTo(clean.descriptor().vocabulary());
    List<Sample> samples = samples(table, "train");
    assertThat(samples)
        .extracting(Sample::text)
        .isEqualTo(samples(clean, "train").stream().map(Sample::text).toList());
    assertThat(samples).filteredOn(sample -> sample.label() != sample.trueLabel()).hasSize(20);
  }

  @Test
  void refusesWhatIsNotUtf8() throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(utf8("first,0\n\"caf"));
    content.write(0xe9);
    content.writeBytes(utf8("\",1\n"));
    Path file = bytes("latin.csv", content.toByteArray());
    refused(file + " line 2: byte 13 is 0xe9, expected UTF-8", file);
    Path cut = bytes("cut.csv", new byte[] {'a', ',', '0', '\n', 'b', (byte) 0xc3});
    refused(cut + " line 2: byte 6 is 0xc3, expected UTF-8", cut);
  }

  @Test
  void skipsAByteOrderMark() throws IOException {
    Path file = bytes("mark.csv", utf8("\uFEFF\"a, b\",0\r\n\"c\",1\r\n"));
    SampleTable table =
        imported("--format", "text", "--input", file, "--text-columns", "1", "--test", "0");
    assertThat(samples(table, "train")).extracting(Sample::text).containsExactly("a, b", "c");
  }

  @Test
  void refusesBadRecords() throws IOException {
    Path empty = text("empty.csv", "some words,0", "\" \",1");
    refused(empty + " record 2, column 1: the text is empty, expected words", empty);
    Path missing = text("missing.csv", "some words,0", "other words");
    refused(missing + " record 2: 1 columns, expected 2", missing);
    Path label = text("label.csv", "some words,0", "other words,");
    refused(
        label
            + " record 2, column 2: label is missing, expected 0, 1, 2, ... (only a test input or --unlabelled may go without)",
        label);
    Path quote = text("quote.csv", "some words,0", "\"other \"words\"\",1");
    refused(
        quote
            + " record 2: a quote stands in the middle of a cell, expected quoted cells with inner quotes doubled (RFC 4180)",
        quote);
  }

  @Test
  void refusesBadOptions() throws IOException {
    Path file = text("good.csv", "some words,0", "other words,1");
    assertRefused(
        3,
        "Invalid --text-columns: [], expected names or 1-based numbers of columns",
        "--format",
        "text",
        "--input",
        file);
    assertRefused(
        3,
        "Invalid --text-columns: [1], expected none with another format than text",
        "--format",
        "csv",
        "--input",
        file,
        "--text-columns",
        "1");
    assertRefused(
        3,
        "Invalid --text-columns: '7', expected a number from 1 to 2 (" + file + " has no header)",
        "--format",
        "text",
        "--input",
        file,
        "--text-columns",
        "7");
    assertRefused(
        3,
        file
            + ": column 2 is named twice, expected different columns for text, label and sample id",
        "--format",
        "text",
        "--input",
        file,
        "--text-columns",
        "1,2");
    assertRefused(
        3,
        "Invalid --min-count: 9, expected a number that a word of the training split reaches",
        "--format",
        "text",
        "--input",
        file,
        "--text-columns",
        "1",
        "--test",
        "0",
        "--min-count",
        "9");
    assertRefused(
        3,
        "Invalid --word-ngrams: 0, expected 1 to 5",
        "--format",
        "text",
        "--input",
        file,
        "--text-columns",
        "1",
        "--word-ngrams",
        "0");
  }

  private void refused(String message, Path file) throws IOException {
    assertRefused(
        3, message, "--format", "text", "--input", file, "--text-columns", "1", "--header", "no");
  }
}
