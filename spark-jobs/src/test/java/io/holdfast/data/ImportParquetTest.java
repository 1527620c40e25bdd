package io.holdfast.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class ImportParquetTest extends ImportTesting {

  private Path table(String name, String schema, Row... rows) {
    Path path = folder.resolve(name);
    spark()
        .createDataFrame(List.of(rows), StructType.fromDDL(schema))
        .coalesce(1)
        .write()
        .mode("append")
        .parquet(path.toString());
    return path;
  }

  private static String onlyFile(Path table) throws Exception {
    try (Stream<Path> files = Files.list(table)) {
      return files.map(Path::toString).filter(name -> name.endsWith(".parquet")).toList().get(0);
    }
  }

  @Test
  void featuresAndGivenSampleIdsAreKept() {
    Path table =
        table(
            "points [1]",
            "sample_id BIGINT, label SMALLINT, features ARRAY<DOUBLE>",
            RowFactory.create(12L, (short) 1, new double[] {0.5, 2}),
            RowFactory.create(-4L, (short) 0, new double[] {1.5, 3}));
    SampleTable imported = imported("--format", "parquet", "--input", table, "--test", "0");
    List<Sample> samples = samples(imported, "train");
    assertThat(samples.stream().map(Sample::id)).containsExactly(-4L, 12L);
    assertThat(samples.get(1).features()).containsExactly(0.5f, 2);
    assertThat(samples.get(1).label()).isEqualTo(1);
  }

  @Test
  void rowsAreNumberedInInputOrder() {
    Row[] rows = new Row[500];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = RowFactory.create(i % 2, new float[] {i});
    }
    Path table = table("numbers", "label INT, features ARRAY<FLOAT>", rows);
    for (Sample sample :
        samples(imported("--format", "parquet", "--input", table, "--test", "0"), "train")) {
      assertThat(sample.features()[0]).isEqualTo(sample.id());
    }
  }

  @Test
  void imagesAreReadWithTheirShape() {
    Path table =
        table(
            "images",
            "label INT, image BINARY",
            RowFactory.create(0, new byte[] {1, 2, 3, 4, 5, 6}),
            RowFactory.create(1, new byte[] {7, 8, 9, 10, 11, (byte) 255}));
    SampleTable imported =
        imported("--format", "parquet", "--input", table, "--shape", "1x2x3", "--test", "0");
    assertThat(imported.descriptor().shape()).containsExactly(1, 2, 3);
    assertThat(samples(imported, "train").get(1).image()).containsExactly(7, 8, 9, 10, 11, 255);
  }

  @Test
  void anUnlabelledTableCanBeScored() {
    Path table = table("plain", "features ARRAY<FLOAT>", RowFactory.create(new float[] {1, 2}));
    SampleTable imported = imported("--format", "parquet", "--input", table, "--unlabelled");
    assertThat(samples(imported, "test").get(0).label()).isEqualTo(Sample.NO_LABEL);
  }

  @Test
  void aDuplicatedSampleIdIsRefused() throws Exception {
    Path table =
        table(
            "twice",
            "sample_id BIGINT, label INT, features ARRAY<FLOAT>",
            RowFactory.create(1L, 0, new float[] {1}),
            RowFactory.create(2L, 1, new float[] {2}),
            RowFactory.create(1L, 1, new float[] {3}));
    String file = onlyFile(table);
    assertRefused(
        3,
        file + " row 2: sample id 1 is taken by " + file + " row 0, expected unique sample ids",
        "--format",
        "parquet",
        "--input",
        table);
  }

  @Test
  void badCellsAreRefused() throws Exception {
    String schema = "label INT, features ARRAY<FLOAT>";
    Path nan =
        table(
            "nan",
            schema,
            RowFactory.create(0, new float[] {1, 2}),
            RowFactory.create(1, new float[] {1, Float.NaN}));
    assertRefused(
        3,
        onlyFile(nan) + " row 1: feature 1 is NaN, expected a finite float32 number",
        "--format",
        "parquet",
        "--input",
        nan);
    Path ragged =
        table(
            "ragged",
            schema,
            RowFactory.create(0, new float[] {1, 2}),
            RowFactory.create(1, new float[] {1}));
    assertRefused(
        3,
        onlyFile(ragged) + " row 1: 1 features, expected 2",
        "--format",
        "parquet",
        "--input",
        ragged);
    Path missing =
        table(
            "missing",
            schema,
            RowFactory.create(0, new float[] {1}),
            RowFactory.create(null, new float[] {2}));
    assertRefused(
        3,
        onlyFile(missing)
            + " row 1: label is missing, expected 0, 1, 2, ... (only a test input or --unlabelled may go without)",
        "--format",
        "parquet",
        "--input",
        missing);
  }

  @Test
  void tablesOfAnotherFormAreRefused() throws Exception {
    Path words = table("words", "label INT, features STRING", RowFactory.create(0, "x"));
    assertRefused(
        3,
        words + ": column 'features' is string, expected array<float> or array<double>",
        "--format",
        "parquet",
        "--input",
        words);
    Path unlabelled =
        table("unlabelled", "features ARRAY<FLOAT>", RowFactory.create(new float[] {1}));
    assertRefused(
        3,
        unlabelled + " has no column 'label', expected it among features",
        "--format",
        "parquet",
        "--input",
        unlabelled);
    Path text = text("notes.parquet", "hello");
    assertRefused(
        3,
        text + " is not a Parquet file, expected one that starts with PAR1",
        "--format",
        "parquet",
        "--input",
        text);
  }
}
