package io.holdfast.data;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * One part of the input (training or test) as a reader found it.
 *
 * @param kind what a sample is
 * @param shape of every sample
 * @param classNames names of the classes that the files tell; empty when they tell none
 * @param classes number of classes that the format fixes; 0 when it fixes none
 * @param idsGiven whether the input brings its own sample ids
 * @param columns names of the columns of a CSV file with a header; empty otherwise
 * @param files input files; {@link #FILE} of a row counts in this list
 * @param rowWord what one sample's place in a file is called
 * @param rows one row per sample, see {@link #SCHEMA}
 */
record Part(
    DatasetDescriptor.Kind kind,
    List<Integer> shape,
    List<String> classNames,
    int classes,
    boolean idsGiven,
    List<String> columns,
    List<String> files,
    String rowWord,
    Dataset<Row> rows) {

  /** 0-based place in the input order of the part. */
  static final String POSITION = "position";

  static final String FILE = "file";

  /** Place in the file, as told to the user. */
  static final String PLACE = "place";

  static final String SAMPLE_ID = "sample_id";
  static final String LABEL = "label";

  /** As {@link Content} has it in bytes. */
  static final String CONTENT = "content";

  static final StructType SCHEMA =
      new StructType()
          .add(POSITION, DataTypes.LongType, false)
          .add(FILE, DataTypes.IntegerType, false)
          .add(PLACE, DataTypes.LongType, false)
          .add(SAMPLE_ID, DataTypes.LongType, true)
          .add(LABEL, DataTypes.IntegerType, true)
          .add(CONTENT, DataTypes.BinaryType, false);

  String where(int file, long place) {
    return files.get(file) + " " + rowWord + " " + place;
  }
}
