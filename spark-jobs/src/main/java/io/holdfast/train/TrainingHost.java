package io.holdfast.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.apache.spark.TaskContext;

/** The slots of one executor. A slot serves one task at a time; when another run comes, the slots of the last one go. */
final class TrainingHost {
  private static final TrainingHost INSTANCE = new TrainingHost();

  private final Deque<TrainingSlot> free = new ArrayDeque<>();
  private String key;
  private int made;

  private TrainingHost() {}

  static <T> T with(RunSpec run, TaskContext task, Function<TrainingSlot, Callable<T>> work) {
    TrainingSlot slot = INSTANCE.take(run);
    try {
      return slot.call(task, work.apply(slot));
    } finally {
      INSTANCE.giveBack(run, slot);
    }
  }

  private synchronized TrainingSlot take(RunSpec run) {
    if (!run.key().equals(key)) {
      free.forEach(TrainingSlot::close);
      free.clear();
      key = run.key();
    }
    TrainingSlot slot = free.pollFirst();
    return slot != null ? slot : new TrainingSlot(run, made++);
  }

  private synchronized void giveBack(RunSpec run, TrainingSlot slot) {
    if (run.key().equals(key)) {
      free.addFirst(slot);
    } else {
      slot.close();
    }
  }
}
