package io.holdfast.analysis.report;

import static org.apache.spark.sql.functions.col;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Class names and images of a sample table, see {@code docs/contracts.md}. */
final class SampleTableImages {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int NEWEST_FORMAT = 1;
  private static final String IMAGE = "image";

  /** Images on one page: how many are read, and how many characters they may take. */
  private static final int MOST_IMAGES = 4_000;

  private static final int MOST_CHARACTERS = 3_000_000;

  private final SparkSession spark;
  private final Path directory;
  private final JsonNode description;

  /**
   * Reads the description of a sample table.
   *
   * @param data its directory
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where it is none
   */
  SampleTableImages(SparkSession spark, String data) {
    this.spark = spark;
    directory = new Path(data);
    description = read(spark.sessionState().newHadoopConf());
    int format = description.path("format").asInt();
    if (format < 1 || format > NEWEST_FORMAT) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          directory + "/dataset.json has format " + format + ", expected 1 to " + NEWEST_FORMAT);
    }
  }

  private JsonNode read(Configuration conf) {
    Path file = new Path(directory, "dataset.json");
    try (InputStream in = file.getFileSystem(conf).open(file)) {
      return JSON.readTree(in.readAllBytes());
    } catch (FileNotFoundException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, file + " does not exist, expected a sample table", e);
    } catch (JsonProcessingException e) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT, file + " is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** The name of every class; empty where none is known. */
  List<String> classNames() {
    List<String> names = new ArrayList<>();
    description.path("class_names").forEach(name -> names.add(name.asText()));
    return names;
  }

  /** The fingerprint of the whole sample table. */
  String fingerprint() {
    return description.path("fingerprint").asText();
  }

  boolean hasImages() {
    return description.path("kind").asText().equals(IMAGE);
  }

  /**
   * The images of some samples as PNG in Base64.
   *
   * @param ids samples, those first that matter most
   * @return by sample id, as many as a page may hold
   */
  Map<String, String> images(List<String> ids) {
    JsonNode shape = description.path("shape");
    int channels = shape.path(0).asInt();
    int height = shape.path(1).asInt();
    int width = shape.path(2).asInt();
    if (!hasImages() || ids.isEmpty() || shape.size() != 3) {
      return Map.of();
    }
    Object[] wanted = ids.stream().limit(MOST_IMAGES).map(Long::valueOf).toArray();
    StructType schema =
        new StructType().add("sample_id", DataTypes.LongType).add(IMAGE, DataTypes.BinaryType);
    List<Row> rows =
        spark
            .read()
            .schema(schema)
            .parquet(new Path(directory, "samples").toString())
            .filter(col("sample_id").isin(wanted).and(col(IMAGE).isNotNull()))
            .select("sample_id", IMAGE)
            .javaRDD()
            .map(
                row ->
                    RowFactory.create(
                        String.valueOf(row.getLong(0)),
                        Thumbnail.png(row.getAs(1), channels, height, width)))
            .collect();
    Map<String, String> found = new HashMap<>();
    rows.forEach(row -> found.put(row.getString(0), row.getString(1)));
    Map<String, String> kept = new LinkedHashMap<>();
    int characters = 0;
    for (String id : ids) {
      String image = found.get(id);
      if (image != null && characters + image.length() <= MOST_CHARACTERS) {
        characters += image.length();
        kept.put(id, image);
      }
    }
    return kept;
  }
}
