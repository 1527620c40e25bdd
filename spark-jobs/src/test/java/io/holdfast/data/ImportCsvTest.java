package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.CommandRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ImportCsvTest extends ImportTesting {

  @Test
  void digitsBecomeTabularSamplesInInputOrder() throws Exception {
    SampleTable table = imported("--format", "csv", "--input", DIGITS, "--validation", "0.1");
    DatasetDescriptor dataset = table.descriptor();
    assertThat(dataset.kind()).isEqualTo(DatasetDescriptor.Kind.TABULAR);
    assertThat(dataset.classes()).isEqualTo(10);
    assertThat(dataset.shape()).containsExactly(64);
    assertThat(dataset.splits().keySet()).containsExactly("train", "validation", "test");

    List<String> lines = Files.readAllLines(DIGITS);
    List<Sample> all = new ArrayList<>();
    dataset.splits().keySet().forEach(split -> all.addAll(samples(table, split)));
    all.sort((a, b) -> Long.compare(a.id(), b.id()));
    assertThat(all).hasSize(1797);
    for (int i = 0; i < all.size(); i++) {
      String[] cells = lines.get(i + 1).split(",");
      assertThat(all.get(i).id()).isEqualTo(i);
      assertThat(all.get(i).label()).isEqualTo(Integer.parseInt(cells[64]));
      assertThat(all.get(i).trueLabel()).isEqualTo(Sample.NO_LABEL);
      for (int feature = 0; feature < 64; feature++) {
        assertThat(all.get(i).features()[feature]).isEqualTo(Float.parseFloat(cells[feature]));
      }
    }
  }

  @Test
  void everyClassIsSplitInTheSameProportion() {
    DatasetDescriptor dataset =
        imported("--format", "csv", "--input", IRIS, "--test", "0.2", "--validation", "0.25")
            .descriptor();
    assertThat(dataset.splits().get("train").perClass()).containsExactly(30L, 30L, 30L);
    assertThat(dataset.splits().get("validation").perClass()).containsExactly(10L, 10L, 10L);
    assertThat(dataset.splits().get("test").perClass()).containsExactly(10L, 10L, 10L);
  }

  @Test
  void statisticsAreThoseOfTheTrainingSplitAlone() {
    SampleTable table = imported("--format", "csv", "--input", DIGITS);
    List<Sample> train = samples(table, "train");
    for (int feature = 0; feature < 64; feature++) {
      int column = feature;
      double mean =
          train.stream().mapToDouble(sample -> sample.features()[column]).average().orElseThrow();
      double variance =
          train.stream()
              .mapToDouble(sample -> Math.pow(sample.features()[column] - mean, 2))
              .average()
              .orElseThrow();
      double deviation = variance == 0 ? 1 : Math.sqrt(variance);
      assertThat(table.descriptor().mean().get(feature)).isCloseTo(mean, within(1e-12));
      assertThat(table.descriptor().deviation().get(feature)).isCloseTo(deviation, within(1e-12));
    }
    // The corner pixel is blank in every image.
    assertThat(table.descriptor().mean().get(0)).isZero();
    assertThat(table.descriptor().deviation().get(0)).isEqualTo(1);
  }

  @Test
  void theSameImportGivesTheSameFingerprintAndAnotherSeedAnother() {
    String first = imported("--format", "csv", "--input", DIGITS).descriptor().fingerprint();
    String again =
        imported("--format", "csv", "--input", DIGITS, "--overwrite").descriptor().fingerprint();
    String other =
        imported("--format", "csv", "--input", DIGITS, "--seed", "1", "--overwrite")
            .descriptor()
            .fingerprint();
    assertThat(again).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
  }

  @Test
  void theFingerprintIsTheSameOnEveryMachine() {
    assertThat(imported("--format", "csv", "--input", IRIS).descriptor().fingerprint())
        .isEqualTo("c5ac0c5bd5afcce57b8c42754c56360d27db03d9f057ba10bd8fd8f02a56fd26");
  }

  @Test
  void helpShowsExamples() {
    CommandRun run = CommandRun.of("import", "--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains(
            "--label-noise", "Examples:", "holdfast import --format idx --input fashion-mnist");
  }

  @Test
  void gzipIsReadDirectlyAndIsTheSameData() throws Exception {
    Path packed = gzip("iris.csv.gz", Files.readAllBytes(IRIS));
    String plain = imported("--format", "csv", "--input", IRIS).descriptor().fingerprint();
    assertThat(
            imported("--format", "csv", "--input", packed, "--overwrite")
                .descriptor()
                .fingerprint())
        .isEqualTo(plain);
  }

  @Test
  void labelAndIdColumnsAreChosenByNameOrNumber() throws Exception {
    Path file = text("named.csv", "id,kind,x,y", "10,b,1,2", "7,a,3,4", "9,b,5,6", "-3,a,7,8");
    SampleTable table =
        imported(
            "--format",
            "csv",
            "--input",
            file,
            "--label-column",
            "2",
            "--id-column",
            "id",
            "--class-names",
            "a,b",
            "--test",
            "0");
    List<Sample> samples = samples(table, "train");
    assertThat(samples.stream().map(Sample::id)).containsExactly(-3L, 7L, 9L, 10L);
    assertThat(samples.stream().map(Sample::label)).containsExactly(0, 0, 1, 1);
    assertThat(samples.get(3).features()).containsExactly(1, 2);
    assertThat(table.descriptor().classNames()).containsExactly("a", "b");
  }

  @Test
  void theTestPartContinuesTheSampleIds() throws Exception {
    Path train = text("train.csv", "1,2,0", "", "3,4,1", "5,6,0");
    Path test = text("test.csv", "7,8,1", "9,10,");
    SampleTable table =
        imported("--format", "csv", "--input", train, "--test-input", test, "--limit-train", "2");
    assertThat(samples(table, "train").stream().map(Sample::id)).containsExactly(0L, 1L);
    assertThat(samples(table, "test").stream().map(Sample::id)).containsExactly(3L, 4L);
    assertThat(samples(table, "test").get(1).label()).isEqualTo(Sample.NO_LABEL);
    assertThat(table.descriptor().splits().get("test").unlabelled()).isEqualTo(1);
  }

  @Test
  void unlabelledInputBecomesTheTestSplit() throws Exception {
    Path file = text("plain.csv", "x,y", "1,2", "3,4");
    SampleTable table = imported("--format", "csv", "--input", file, "--unlabelled");
    assertThat(table.descriptor().classes()).isZero();
    assertThat(table.descriptor().splits().keySet()).containsExactly("test");
    assertThat(samples(table, "test").get(1).features()).containsExactly(3, 4);
  }

  @Test
  void theTableOfCountsIsPrintedAndWrittenAsJson() throws Exception {
    Path json = folder.resolve("result.json");
    CommandRun run = runImport("--format", "csv", "--input", IRIS, "--json", json);
    assertThat(run.out().lines().toList().subList(0, 5))
        .containsExactly(
            "class           train        test",
            "0                  40          10",
            "1                  40          10",
            "2                  40          10",
            "all               120          30");
    assertThat(Files.readString(json))
        .contains("\"fingerprint\"", "\"per_class\" : [ 40, 40, 40 ]");
  }

  @Test
  void fewFilesAreWrittenInTheOrderOfSampleIds() throws Exception {
    imported("--format", "csv", "--input", DIGITS);
    try (Stream<Path> files = Files.list(Path.of(output(), "samples", "split=train"))) {
      List<Path> tables = files.filter(file -> file.toString().endsWith(".parquet")).toList();
      assertThat(tables).hasSize(1);
      List<Long> ids =
          spark()
              .read()
              .parquet(tables.get(0).toString())
              .select("sample_id")
              .javaRDD()
              .map(row -> row.getLong(0))
              .collect();
      assertThat(ids).isSorted().hasSizeGreaterThan(1400);
    }
  }

  @Test
  void aTextCellIsRefused() throws Exception {
    Path file = text("bad.csv", "x,y,class", "1,2,0", "1,abc,1");
    assertRefused(
        3,
        file + " line 3, column 2 (y): 'abc' is not a number",
        "--format",
        "csv",
        "--input",
        file);
  }

  @Test
  void featuresThatAreNotFiniteAreRefused() throws Exception {
    Path nan = text("nan.csv", "1,2,0", "NaN,3,1");
    assertRefused(
        3,
        nan + " line 2, column 1: 'NaN' is not a finite float32 number",
        "--format",
        "csv",
        "--input",
        nan);
    Path infinite = text("infinite.csv", "1,2,0", "1,-Infinity,1");
    assertRefused(
        3,
        infinite + " line 2, column 2: '-Infinity' is not a finite float32 number",
        "--format",
        "csv",
        "--input",
        infinite);
    Path large = text("large.csv", "1,2,0", "1,1e39,1");
    assertRefused(
        3,
        large + " line 2, column 2: '1e39' is not a finite float32 number",
        "--format",
        "csv",
        "--input",
        large);
  }

  @Test
  void anEmptyFeatureIsRefused() throws Exception {
    Path file = text("gap.csv", "1,2,0", "1,,1");
    assertRefused(
        3, file + " line 2, column 2: '' is not a number", "--format", "csv", "--input", file);
  }

  @Test
  void aMissingLabelInTrainingDataIsRefused() throws Exception {
    Path file = text("missing.csv", "x,y,class", "1,2,0", "1,3,");
    assertRefused(
        3,
        file
            + " line 3, column 3 (class): label is missing, expected 0, 1, 2, ... "
            + "(only a test input or --unlabelled may go without)",
        "--format",
        "csv",
        "--input",
        file);
  }

  @Test
  void labelsOutOfRangeAreRefused() throws Exception {
    Path file = text("labels.csv", "1,2,0", "1,3,1", "1,4,2");
    assertRefused(
        3,
        file + " line 3, column 3: label 2 is out of range, expected 0..1",
        "--format",
        "csv",
        "--input",
        file,
        "--classes",
        "2");
    Path negative = text("negative.csv", "1,2,0", "1,3,-1");
    assertRefused(
        3,
        negative + " line 2, column 3: label -1 is out of range, expected 0, 1, 2, ...",
        "--format",
        "csv",
        "--input",
        negative);
    Path fraction = text("fraction.csv", "1,2,0", "1,3,0.5");
    assertRefused(
        3,
        fraction + " line 2, column 3: label '0.5' is not an integer, expected 0, 1, 2, ...",
        "--format",
        "csv",
        "--input",
        fraction);
  }

  @Test
  void aDuplicatedSampleIdIsRefused() throws Exception {
    Path file = text("ids.csv", "id,x,class", "5,1,0", "6,2,1", "5,3,1");
    assertRefused(
        3,
        file + " line 4: sample id 5 is taken by " + file + " line 2, expected unique sample ids",
        "--format",
        "csv",
        "--input",
        file,
        "--id-column",
        "id");
    Path text = text("textid.csv", "id,x,class", "5,1,0", "x6,2,1");
    assertRefused(
        3,
        text + " line 3, column 1 (id): sample id 'x6' is not a 64-bit integer",
        "--format",
        "csv",
        "--input",
        text,
        "--id-column",
        "id");
  }

  @Test
  void rowsOfDifferentLengthAreRefused() throws Exception {
    Path file = text("ragged.csv", "1,2,0", "1,1");
    assertRefused(3, file + " line 2: 2 columns, expected 3", "--format", "csv", "--input", file);
    Path train = text("train.csv", "1,2,0", "1,1,1");
    Path test = text("test.csv", "1,0", "1,1");
    assertRefused(
        3,
        test + ": 1 features, expected 2 as in " + train,
        "--format",
        "csv",
        "--input",
        train,
        "--test-input",
        test);
  }

  @Test
  void emptyAndMissingFilesAreRefused() throws Exception {
    Path empty = bytes("empty.csv", new byte[0]);
    assertRefused(
        3, empty + " is empty, expected at least one row", "--format", "csv", "--input", empty);
    Path header = text("header.csv", "x,y,class");
    assertRefused(
        3, header + " is empty, expected at least one row", "--format", "csv", "--input", header);
    Path missing = folder.resolve("missing.csv");
    assertRefused(3, missing + " does not exist", "--format", "csv", "--input", missing);
  }

  @Test
  void aTruncatedGzipFileIsRefused() throws Exception {
    byte[] whole = Files.readAllBytes(gzip("whole.csv.gz", Files.readAllBytes(DIGITS)));
    Path file = bytes("cut.csv.gz", java.util.Arrays.copyOf(whole, whole.length / 2));
    CommandRun run = runImport("--format", "csv", "--input", file);
    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).startsWith("holdfast: " + file + " is damaged or truncated: ");
    assertThat(Path.of(output())).doesNotExist();
  }

  @Test
  void aClassWithoutTrainingSampleIsRefusedUnlessAllowed() throws Exception {
    Path file = text("gap.csv", "1,2,0", "1,3,2");
    assertRefused(
        3,
        file
            + ": class 1 has 0 training samples, expected at least 1 for each of the 3 classes (or --allow-empty-classes)",
        "--format",
        "csv",
        "--input",
        file);
    assertThat(
            imported("--format", "csv", "--input", file, "--allow-empty-classes")
                .descriptor()
                .splits()
                .get("train")
                .perClass())
        .containsExactly(1L, 0L, 1L);
  }

  @Test
  void valuesOutOfRangeAreRefused() throws Exception {
    assertRefused(
        3,
        "Invalid --validation: 1.0, expected a fraction from 0 up to, but not, 1",
        "--format",
        "csv",
        "--input",
        IRIS,
        "--validation",
        "1");
    assertRefused(
        3,
        "Invalid --test: -0.1, expected a fraction from 0 up to, but not, 1",
        "--format",
        "csv",
        "--input",
        IRIS,
        "--test",
        "-0.1");
    assertRefused(
        3,
        "Invalid --label-noise: NaN, expected a fraction from 0 to 1",
        "--format",
        "csv",
        "--input",
        IRIS,
        "--label-noise",
        "NaN");
  }

  @Test
  void quotedCellsWithNothingInThemAndLinesOfTooManyCellsAreRefused() throws Exception {
    Path quoted = text("quoted.csv", "a,b,label", "\"\",\" 2\",0");
    assertRefused(
        3,
        quoted + " line 2, column 1 (a): '' is not a number",
        "--format",
        "csv",
        "--input",
        quoted);
    Path wide = text("wide.csv", "1,2,0", "3,4" + ",".repeat(300_000));
    assertRefused(
        3,
        wide + " line 2 cannot be split into columns (expected at most 262144)",
        "--format",
        "csv",
        "--input",
        wide);
  }

  @Test
  void anExistingOutputIsKeptUnlessOverwriteIsGiven() throws Exception {
    imported("--format", "csv", "--input", IRIS);
    assertRefused(
        5,
        "file:" + output() + " exists, expected a new directory or --overwrite",
        "--format",
        "csv",
        "--input",
        DIGITS);
    assertThat(SampleTable.open(spark(), output()).descriptor().classes()).isEqualTo(3);
    assertThat(imported("--format", "csv", "--input", DIGITS, "--overwrite").descriptor().classes())
        .isEqualTo(10);
  }

  @Test
  void aFailedOverwriteKeepsTheOlderDataSet() throws Exception {
    imported("--format", "csv", "--input", IRIS);
    Path bad = text("bad.csv", "1,2,0", "1,x,1");
    assertRefused(
        3,
        bad + " line 2, column 2: 'x' is not a number",
        "--format",
        "csv",
        "--input",
        bad,
        "--overwrite");
    assertThat(SampleTable.open(spark(), output()).samples("train").count()).isEqualTo(120);
  }

  @Test
  void aDirectoryThatIsNoDataSetIsNeverOverwritten() throws Exception {
    Files.createDirectories(Path.of(output()));
    Files.writeString(Path.of(output(), "letter.txt"), "dear");
    assertRefused(
        5,
        "file:" + output() + " is not a data set (no dataset.json), expected one to overwrite",
        "--format",
        "csv",
        "--input",
        IRIS,
        "--overwrite");
  }
}
