"""Makes the model files of this folder with the tools that users have: pip install onnx scikit-learn skl2onnx."""
import numpy as np, onnx
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from skl2onnx import to_onnx
import os
here = os.path.dirname(os.path.abspath(__file__))
x, y = load_iris(return_X_y=True)
x = x.astype(np.float32)
names = np.array(['setosa', 'versicolor', 'virginica'])[y]


def save(model, name):
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(here, name))


def graph(name, nodes, inputs, outputs, weights=()):
    infos = lambda items: [h.make_tensor_value_info(n, t, s) for n, t, s in items]
    g = h.make_graph(nodes, name, infos(inputs), infos(outputs), [nh.from_array(v, k) for k, v in weights])
    save(h.make_model(g, opset_imports=[h.make_opsetid('', 17)], ir_version=9), name + '.onnx')


# Labels and ZipMap, with integer and with text classes.
save(to_onnx(LogisticRegression(max_iter=500).fit(x, y), x[:1]), 'iris-zipmap.onnx')
save(to_onnx(LogisticRegression(max_iter=500).fit(x, names), x[:1]), 'iris-labels.onnx')
# amount * 0.01 + hour * 0.1, two scalar inputs ([N] and [N,1]), one scalar output.
graph('two-inputs', [h.make_node('Mul', ['amount', 'a'], ['x']), h.make_node('Squeeze', ['hour', 'axis'], ['hs']),
                     h.make_node('Mul', ['hs', 'b'], ['y']), h.make_node('Add', ['x', 'y'], ['risk'])],
      [('amount', T.FLOAT, ['N']), ('hour', T.FLOAT, ['N', 1])], [('risk', T.FLOAT, ['N'])],
      [('a', np.float32(0.01)), ('b', np.float32(0.1)), ('axis', np.array([1], np.int64))])
# [N,3] floats doubled: an array in, an array out.
graph('double', [h.make_node('Add', ['v', 'v'], ['w'])], [('v', T.FLOAT, ['N', 3])], [('w', T.FLOAT, ['N', 3])])
# The same with the batch fixed at 1, and its sum as a scalar.
graph('fixed-batch', [h.make_node('ReduceSum', ['v', 'axis'], ['s'], keepdims=1)], [('v', T.FLOAT, [1, 3])],
      [('s', T.FLOAT, [1, 1])], [('axis', np.array([1], np.int64))])
# Two outputs: a composite.
graph('two-outputs', [h.make_node('Add', ['x', 'one'], ['plus']), h.make_node('Greater', ['x', 'zero'], ['positive'])],
      [('x', T.DOUBLE, ['N'])], [('plus', T.DOUBLE, ['N']), ('positive', T.BOOL, ['N'])],
      [('one', np.float64(1)), ('zero', np.float64(0))])
# Every element type through Identity, one file each.
for kind, code in dict(int8=T.INT8, int16=T.INT16, int32=T.INT32, int64=T.INT64, bool=T.BOOL, string=T.STRING,
                       float16=T.FLOAT16, double=T.DOUBLE, float=T.FLOAT).items():
    graph('identity-' + kind, [h.make_node('Identity', ['x'], ['y'])], [('x', code, ['N'])], [('y', code, ['N'])])
# sqrt: a NaN for a negative argument.
graph('sqrt', [h.make_node('Sqrt', ['x'], ['y'])], [('x', T.FLOAT, ['N'])], [('y', T.FLOAT, ['N'])])
