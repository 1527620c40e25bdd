package io.holdfast.train;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CacheMode;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.impl.FrozenVertex;
import org.deeplearning4j.nn.graph.vertex.impl.LayerVertex;
import org.deeplearning4j.nn.layers.convolution.ConvolutionHelper;
import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.deeplearning4j.nn.layers.convolution.subsampling.SubsamplingHelper;
import org.deeplearning4j.nn.layers.convolution.subsampling.SubsamplingLayer;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNConvHelper;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNSubsamplingHelper;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.dataset.api.DataSet;

/**
 * A graph that trains to the same bits as DL4J's in less time: convolutions keep their forward pass
 * for the backward one instead of computing it again, maxima are pooled without oneDNN's general
 * kernel, ReLU's slope is taken by vectorised operations, no time goes to the gradient with respect
 * to the samples or to the regularisation term of a score that nobody reads.
 */
final class TrainingGraph extends ComputationGraph {
  private static final long serialVersionUID = 1L;
  private static final VarHandle HELPER = helper(ConvolutionLayer.class, ConvolutionHelper.class);
  private static final VarHandle POOLING_HELPER =
      helper(SubsamplingLayer.class, SubsamplingHelper.class);

  private final boolean frozenFeatures;
  private final transient List<FirstConvolutionHelper> firstConvolutions = new ArrayList<>();

  /**
   * @param frozenFeatures whether all layers but the output layer are out of training: no update,
   *     no weight decay, and evaluation mode, so that batch normalisation uses its statistics and
   *     nothing is dropped
   */
  TrainingGraph(ComputationGraphConfiguration configuration, boolean frozenFeatures) {
    super(configuration);
    this.frozenFeatures = frozenFeatures;
  }

  @Override
  public void init() {
    super.init();
    helpPooling();
    if (frozenFeatures) {
      freezeFeatures();
    }
    setUpdater(new BatchNormDecayUpdater(this));
    helpFirstConvolutions();
    getConfiguration().setCacheMode(CacheMode.DEVICE); // Opens the workspace that layers cache in.
    for (Layer layer : getLayers()) {
      // Only here does the cached value serve nothing else.
      boolean caches = layer.getClass() == ConvolutionLayer.class;
      layer.setCacheMode(caches ? CacheMode.DEVICE : CacheMode.NONE);
      if (layer.conf().getLayer() instanceof BaseLayer configured
          && isPlainRelu(configured.getActivationFn())) {
        configured.setActivationFn(new VectorisedRelu());
      } else if (layer.conf().getLayer() instanceof ActivationLayer configured
          && isPlainRelu(configured.getActivationFn())) {
        configured.setActivationFn(new VectorisedRelu());
      }
    }
  }

  /** DL4J makes every layer's helper itself and lets nobody choose. */
  private static VarHandle helper(Class<?> layer, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(layer, MethodHandles.lookup())
          .findVarHandle(layer, "helper", type);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Convolutions of nothing but the samples as they are. */
  private void helpFirstConvolutions() {
    for (GraphVertex vertex : vertices) {
      if (vertex.hasLayer()
          && vertex.getLayer().getClass() == ConvolutionLayer.class
          && vertex.getLayer().conf().getLayer().getIDropout() == null
          && ((LayerVertex) vertex).getLayerPreProcessor() == null
          && vertices[vertex.getInputVertices()[0].getVertexIndex()].isInputVertex()
          && ((ConvolutionLayer) vertex.getLayer()).getHelper() instanceof MKLDNNConvHelper) {
        FirstConvolutionHelper helper = new FirstConvolutionHelper();
        HELPER.set((ConvolutionLayer) vertex.getLayer(), helper);
        firstConvolutions.add(helper);
      }
    }
  }

  private void helpPooling() {
    for (Layer layer : getLayers()) {
      if (layer.getClass() == SubsamplingLayer.class
          && layer.getHelper() instanceof MKLDNNSubsamplingHelper) {
        POOLING_HELPER.set((SubsamplingLayer) layer, new MaxPoolingHelper());
      }
    }
  }

  @Override
  public void fit(DataSet batch) {
    firstConvolutions.forEach(helper -> helper.setTraining(true));
    try {
      super.fit(batch);
    } finally {
      firstConvolutions.forEach(helper -> helper.setTraining(false));
    }
  }

  /** The helpers in place, in the order of the vertices. */
  List<FirstConvolutionHelper> firstConvolutions() {
    return firstConvolutions;
  }

  /** Backpropagation passes no frozen vertex, so those without a layer are wrapped too. */
  private void freezeFeatures() {
    for (int i = 0; i < vertices.length; i++) {
      GraphVertex vertex = vertices[i];
      if (vertex.isInputVertex() || vertex.isOutputVertex()) {
        continue;
      }
      if (vertex.hasLayer()) {
        vertex.setLayerAsFrozen();
      } else {
        vertices[i] = new FrozenVertex(vertex);
        verticesMap.put(vertex.getVertexName(), vertices[i]);
      }
    }
  }

  private static boolean isPlainRelu(IActivation activation) {
    return activation instanceof ActivationReLU relu && relu.equals(new ActivationReLU());
  }

  @Override
  public double calcRegularizationScore(boolean backpropParamsOnly) {
    return 0;
  }
}
