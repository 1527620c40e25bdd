package io.holdfast.analysis.log;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;

/** The two tables' Parquet schemas and how a row becomes a record of each. */
final class PredictionSchemas {
  /** Key of the format version in a file's own metadata. */
  static final String FORMAT_KEY = "holdfast.prediction-log";

  static final MessageType PREDICTIONS =
      Types.buildMessage()
          .required(PrimitiveTypeName.INT64)
          .named("sample_id")
          .required(PrimitiveTypeName.INT32)
          .named("epoch")
          .optional(PrimitiveTypeName.INT32)
          .named("label")
          .required(PrimitiveTypeName.INT32)
          .named("predicted")
          .optional(PrimitiveTypeName.BOOLEAN)
          .named("correct")
          .optional(PrimitiveTypeName.FLOAT)
          .named("p_true")
          .required(PrimitiveTypeName.FLOAT)
          .named("p_pred")
          .optional(PrimitiveTypeName.FLOAT)
          .named("margin")
          .optional(PrimitiveTypeName.FLOAT)
          .named("loss")
          .optional(PrimitiveTypeName.INT32)
          .named("true_label")
          .named("predictions");

  static final MessageType PREDICTION_VECTORS =
      Types.buildMessage()
          .required(PrimitiveTypeName.INT64)
          .named("sample_id")
          .required(PrimitiveTypeName.INT32)
          .named("epoch")
          .requiredGroup()
          .as(LogicalTypeAnnotation.listType())
          .repeatedGroup()
          .required(PrimitiveTypeName.FLOAT)
          .named("element")
          .named("list")
          .named("logits")
          .named("prediction_vectors");

  private PredictionSchemas() {}

  /** Writes rows of {@code predictions}. */
  static final class Predictions extends RowSupport {
    Predictions() {
      super(PREDICTIONS);
    }

    @Override
    void writeFields(RecordConsumer consumer, PredictionRow row) {
      boolean labelled = row.labelled();
      longField(0, row.sampleId);
      intField(1, row.epoch);
      if (labelled) {
        intField(2, row.label);
      }
      intField(3, row.predicted);
      if (labelled) {
        consumer.startField(PREDICTIONS.getFieldName(4), 4);
        consumer.addBoolean(row.predicted == row.label);
        consumer.endField(PREDICTIONS.getFieldName(4), 4);
        floatField(5, row.probabilityOfLabel);
      }
      floatField(6, row.probabilityOfPredicted);
      if (labelled) {
        floatField(7, row.margin);
        if (!Float.isNaN(row.loss)) {
          floatField(8, MantissaRounding.round(row.loss));
        }
      }
      if (row.trueLabel >= 0) {
        intField(9, row.trueLabel);
      }
    }
  }

  /** Writes rows of {@code prediction_vectors}: the logits with all their bits. */
  static final class Vectors extends RowSupport {
    Vectors() {
      super(PREDICTION_VECTORS);
    }

    @Override
    void writeFields(RecordConsumer consumer, PredictionRow row) {
      longField(0, row.sampleId);
      intField(1, row.epoch);
      consumer.startField("logits", 2);
      consumer.startGroup();
      consumer.startField("list", 0);
      for (int k = 0; k < row.classes; k++) {
        consumer.startGroup();
        consumer.startField("element", 0);
        consumer.addFloat(row.logits[row.offset + k]);
        consumer.endField("element", 0);
        consumer.endGroup();
      }
      consumer.endField("list", 0);
      consumer.endGroup();
      consumer.endField("logits", 2);
    }
  }

  /** What both tables share. */
  abstract static class RowSupport extends WriteSupport<PredictionRow> {
    private final MessageType schema;
    private RecordConsumer consumer;

    RowSupport(MessageType schema) {
      this.schema = schema;
    }

    abstract void writeFields(RecordConsumer target, PredictionRow row);

    @Override
    public WriteContext init(Configuration configuration) {
      return new WriteContext(schema, Map.of(FORMAT_KEY, "1"));
    }

    @Override
    public void prepareForWrite(RecordConsumer recordConsumer) {
      consumer = recordConsumer;
    }

    @Override
    public void write(PredictionRow row) {
      consumer.startMessage();
      writeFields(consumer, row);
      consumer.endMessage();
    }

    final void longField(int index, long value) {
      consumer.startField(schema.getFieldName(index), index);
      consumer.addLong(value);
      consumer.endField(schema.getFieldName(index), index);
    }

    final void intField(int index, int value) {
      consumer.startField(schema.getFieldName(index), index);
      consumer.addInteger(value);
      consumer.endField(schema.getFieldName(index), index);
    }

    final void floatField(int index, float value) {
      consumer.startField(schema.getFieldName(index), index);
      consumer.addFloat(value);
      consumer.endField(schema.getFieldName(index), index);
    }
  }
}
